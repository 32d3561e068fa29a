import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { endAll, redisProcess } from "../../support/redis/redis-process.ts";
import { Haproxy } from "../haproxy.ts";

const program = fileURLToPath(new URL("node-process.ts", import.meta.url));
// From source, as all tests; Node 20 cannot read TypeScript alone, tsx can.
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** A process that can be killed, and another one started in its place. */
class Node implements AsyncDisposable {
  readonly #redis: string;
  #child: ChildProcess | undefined;
  #exit: Promise<unknown> | undefined;
  /** Stays the same. */
  port = 0;

  constructor(redis: string) {
    this.#redis = redis;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const execArgv = ["--conditions=@solent/source", "--import", loader];
    const child = fork(program, [this.#redis, `${this.port}`], { execArgv });
    this.#child = child;
    this.#exit = once(child, "exit");
    const [port] = (await Promise.race([once(child, "message"), once(child, "exit")])) as unknown[];
    if (!child.connected || typeof port !== "number") throw new Error("A node did not start; what it said is above.");
    this.port = port;
  }

  /** Of the process that serves now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** SIGKILL: it says goodbye to nobody. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exit;
    this.#child = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Three processes over a Redis of their own, behind a haproxy. */
export class RunningNodes implements AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly Node[];
  readonly #parts: readonly AsyncDisposable[];

  private constructor(nodes: readonly Node[], url: string, parts: readonly AsyncDisposable[]) {
    this.nodes = nodes;
    this.url = url;
    this.#parts = parts;
  }

  static async start(): Promise<RunningNodes> {
    const parts: AsyncDisposable[] = [];
    try {
      const redis = await redisProcess();
      parts.unshift(redis);
      const nodes = Array.from({ length: 3 }, () => new Node(redis.url));
      parts.unshift(...nodes);
      await Promise.all(nodes.map((node) => node.start()));
      const proxy = await Haproxy.before(nodes.map(({ port }) => port));
      parts.unshift(proxy);
      return new RunningNodes(nodes, proxy.url, parts);
    } catch (error) {
      await endAll(parts);
      throw error;
    }
  }

  /** Starts those again that were killed. */
  async repair(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.#parts);
  }
}
