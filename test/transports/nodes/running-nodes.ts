import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { endAll, redisProcess } from "../../support/redis/redis-process.ts";
import { Haproxy } from "../haproxy.ts";

const program = fileURLToPath(new URL("node-process.ts", import.meta.url));
// From source, as all tests; Node 20 cannot read TypeScript alone, tsx can.
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** A process that is killed at the end, if not before. */
class Node implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  /** Resolves when it serves. */
  readonly port: Promise<number>;

  constructor(redis: string) {
    const child = fork(program, [redis], { execArgv: ["--conditions=@solent/source", "--import", loader] });
    this.#child = child;
    this.#exit = once(child, "exit");
    this.port = Promise.race([once(child, "message"), once(child, "exit")]).then(([port]: unknown[]) => {
      if (child.connected && typeof port === "number") return port;
      throw new Error("A node did not start; what it said is above.");
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
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
      const ports = await Promise.all(nodes.map(({ port }) => port));
      const proxy = await Haproxy.before(ports);
      parts.unshift(proxy);
      return new RunningNodes(nodes, proxy.url, parts);
    } catch (error) {
      await endAll(parts);
      throw error;
    }
  }

  /** SIGKILL: it says goodbye to nobody. Resolves when it is gone. */
  async kill(pid: number): Promise<void> {
    await this.nodes.find((node) => node.pid === pid)?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.#parts);
  }
}
