import { execFile, spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Queue } from "../support/queue.ts";

const script = fileURLToPath(new URL("channels-redis-peer.py", import.meta.url));
const finder = fileURLToPath(new URL("../../scripts/system-program.mjs", import.meta.url));
const STOP_TIMEOUT_MS = 3_000;

/** The Python that has channels_redis; installs it where there is none, which takes a while and happens once. */
export async function findPython(): Promise<string> {
  const run = promisify(execFile);
  return (await run(process.execPath, [finder, "python3-channels-redis"])).stdout.trim();
}

/** What a channel of the Python side has received; `failed` names what its consumer died of. */
export interface Heard {
  readonly layer: string;
  readonly channel: string;
  readonly message?: unknown;
  readonly failed?: string;
}

interface Call {
  resolve(value: any): void;
  reject(error: Error): void;
}

/** A Python process with the real channels_redis in it. */
export class ChannelsRedisPeer implements AsyncDisposable {
  /** What its channels have received, in order of arrival. */
  readonly heard: Queue<Heard> = new Queue();
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #said = "";

  constructor(python: string) {
    this.#child = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", resolve);
      this.#child.once("close", resolve);
    }).then((error) => this.#end(error));
    this.#child.stderr.on("data", (chunk) => (this.#said = (this.#said + String(chunk)).slice(-2_000)));
    this.#child.stdin.on("error", () => {});
    createInterface(this.#child.stdout).on("line", (line) => this.#take(JSON.parse(line)));
  }

  /** Has it do something; resolves with what it answers. Calls are done in their order. */
  ask(action: string, details: object = {}): Promise<any> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#child.stdin.write(`${JSON.stringify({ id, do: action, ...(toLine(details) as object) })}\n`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #take(line: any): void {
    const call = this.#calls.get(line.id);
    if (call === undefined) {
      this.heard.push("message" in line ? { ...line, message: fromLine(line.message) } : line);
      return;
    }
    this.#calls.delete(line.id);
    if ("error" in line) call.reject(new Error(line.error));
    else call.resolve(fromLine(line.ok));
  }

  #end(cause: unknown): void {
    const reason = new Error(`The Python process has ended. It said: ${this.#said || "nothing"}`, { cause });
    this.heard.end(reason);
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
  }
}

function toLine(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(toLine);
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [key, toLine(item)]) };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toLine(item)]));
}

function fromLine(value: any): unknown {
  if (Array.isArray(value)) return value.map(fromLine);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$hex === "string") return new Uint8Array(Buffer.from(value.$hex, "hex"));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromLine(item)]));
}
