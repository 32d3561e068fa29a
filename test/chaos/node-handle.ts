import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { leash } from "../../scripts/redis-server.mjs";
import type { NodeCalls, Request, Response } from "./protocol.ts";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Beyond this a node does not answer any more: more than every wait of its own, and than the slowest failover. */
const answerTimeoutMs = 60_000;

const program = fileURLToPath(new URL("node-process.ts", import.meta.url));
// From source, as all tests; Node 20 cannot read TypeScript alone, tsx can.
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const words = ["--conditions=@solent/source", "--import", loader];

/** A process that can be a node: asked through messages, and killed or stopped for real. */
export class NodeHandle implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<unknown>;
  #requests = 0;
  #isStopped = false;
  #isAlive = true;

  constructor() {
    // A stopped node cannot end itself when the process that started it is killed.
    const [execPath = "", ...execArgv] = [...leash(), process.execPath, ...words];
    this.#child = fork(program, { execPath, execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (response: Response) => this.#settle(response));
    this.#child.once("exit", (code, signal) => this.#over(`the node has ended (${signal ?? code})`));
    this.#child.once("error", (error) => this.#over(error.message));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Asks the node; rejects when it answers with an error, ends, or does not answer for a minute. */
  ask<Call extends keyof NodeCalls>(
    call: Call,
    ...parameters: Parameters<NodeCalls[Call]>
  ): ReturnType<NodeCalls[Call]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (!this.#isAlive) return reject(new Error("the node has ended"));
      this.#requests += 1;
      const request: Request = { number: this.#requests, call, parameters };
      const timer = setTimeout(() => {
        this.#waiting.delete(request.number);
        reject(new Error(`the node did not answer "${call}" within ${answerTimeoutMs} ms`));
      }, answerTimeoutMs);
      this.#waiting.set(request.number, { resolve, reject, timer });
      this.#child.send(request, (error) => error && this.#settle({ number: request.number, problem: error.message }));
    });
    return answer as ReturnType<NodeCalls[Call]>;
  }

  /** SIGSTOP: it keeps its connections and does nothing. */
  stop(): void {
    this.#isStopped = true;
    this.#child.kill("SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    this.#isStopped = false;
    this.#child.kill("SIGCONT");
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isAlive) await this.kill();
  }

  #settle({ number, value, problem }: Response): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    clearTimeout(waiting.timer);
    if (problem === undefined) waiting.resolve(value as never);
    else waiting.reject(new Error(problem));
  }

  #over(how: string): void {
    this.#isAlive = false;
    for (const number of this.#waiting.keys()) this.#settle({ number, problem: how });
  }
}

/** Processes that are ready to be nodes: starting one takes longer than many a fault. */
export class NodePool implements AsyncDisposable {
  readonly #all = new Set<NodeHandle>();
  readonly #idle: NodeHandle[] = [];

  /** A process that is no node now. */
  take(): NodeHandle {
    for (let handle = this.#idle.pop(); handle !== undefined; handle = this.#idle.pop()) {
      if (handle.isAlive) return handle;
    }
    return this.#start();
  }

  /** Has so many ready, without waiting for them. */
  prepare(count: number): void {
    while (this.#idle.length < count) this.#idle.unshift(this.#start());
  }

  /** Takes a process back whose node has ended in an orderly way. */
  giveBack(handle: NodeHandle): void {
    if (handle.isAlive) this.#idle.push(handle);
    else this.#all.delete(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((handle) => handle[Symbol.asyncDispose]()));
  }

  #start(): NodeHandle {
    const handle = new NodeHandle();
    this.#all.add(handle);
    return handle;
  }
}
