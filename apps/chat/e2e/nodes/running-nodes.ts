import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, type RedisServer, startRedisServer } from "../../../../scripts/redis-server.mjs";
import { systemProgram } from "../../../../scripts/system-program.mjs";
import { type BuiltPage, password } from "../running-chat.ts";

const nodeProgram = fileURLToPath(new URL("node-process.ts", import.meta.url));
const proxyFile = fileURLToPath(new URL("../../deploy/haproxy.cfg", import.meta.url));
const chatFolder = fileURLToPath(new URL("../..", import.meta.url));

/** What the nodes are called. */
export const nodeNames = ["node-1", "node-2", "node-3"] as const;

const readyWithinMs = 20_000;
const lookEveryMs = 50;

interface RunningNode {
  readonly child: ChildProcess;
  readonly port: number;
}

/** Three nodes behind the proxy of `deploy/`, with a Redis and a file of their own. */
export class RunningNodes implements AsyncDisposable {
  /** Where the proxy is. */
  readonly url: string;
  /** The port of the proxy. */
  readonly port: number;
  /** Where the database is. */
  readonly database: string;
  readonly #folder: string;
  readonly #nodes: ReadonlyMap<string, RunningNode>;
  readonly #proxy: ChildProcess;
  #redis: RedisServer;

  private constructor(parts: {
    readonly folder: string;
    readonly database: string;
    readonly port: number;
    readonly nodes: ReadonlyMap<string, RunningNode>;
    readonly proxy: ChildProcess;
    readonly redis: RedisServer;
  }) {
    this.url = `http://localhost:${parts.port}`;
    this.port = parts.port;
    this.#folder = parts.folder;
    this.database = parts.database;
    this.#nodes = parts.nodes;
    this.#proxy = parts.proxy;
    this.#redis = parts.redis;
  }

  /** Starts everything, on a database of one's own if given; resolves when the proxy has found all nodes ready. */
  static async start(page: BuiltPage, given: { readonly database?: string } = {}): Promise<RunningNodes> {
    const folder = await mkdtemp(join(tmpdir(), "solent-chat-nodes-"));
    const redis = await startRedisServer();
    const database = given.database ?? join(folder, "chat.sqlite");
    const environment = { CHAT_REDIS: redis.url, CHAT_DATABASE: database };
    const started = await Promise.all(nodeNames.map((name) => startNode(page, { ...environment, CHAT_NODE: name })));
    const nodes = new Map(nodeNames.map((name, at) => [name, started[at] as RunningNode]));
    const port = await freePort();
    const running = new RunningNodes({ folder, database, port, nodes, redis, proxy: startProxy(port, started) });
    try {
      await running.#areAllReady();
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where one node is, past the proxy. */
  urlOf(name: string): string {
    return `http://localhost:${this.#node(name).port}`;
  }

  /** Kills a node: it says goodbye to nobody. */
  async kill(name: string): Promise<void> {
    const { child } = this.#node(name);
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Kills Redis. @returns what starts it again, on the same port and with nothing in it. */
  async killRedis(): Promise<() => Promise<void>> {
    const { port, pid, ended } = this.#redis;
    process.kill(pid, "SIGKILL");
    await ended;
    await this.#redis.stop();
    return async () => {
      this.#redis = await startRedisServer({ port });
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#nodes.values()) await end(child, "SIGTERM");
    // At once: it need not say goodbye.
    await end(this.#proxy, "SIGTERM");
    await this.#redis.stop();
    await rm(this.#folder, { recursive: true });
  }

  // Every third request goes to the same node, so three in a row that are well have asked each of them.
  async #areAllReady(): Promise<void> {
    const deadline = performance.now() + readyWithinMs;
    for (let inARow = 0; inARow < nodeNames.length * 2;) {
      const isWell = await fetch(`${this.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      inARow = isWell ? inARow + 1 : 0;
      if (performance.now() > deadline) throw new Error("The proxy did not find the nodes ready.");
      if (!isWell) await wait(lookEveryMs);
    }
  }

  #node(name: string): RunningNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`There is no node called ${name}.`);
    return node;
  }
}

async function startNode(page: BuiltPage, environment: Readonly<Record<string, string>>): Promise<RunningNode> {
  const child = fork(nodeProgram, [page.folder], {
    cwd: chatFolder,
    execArgv: ["--conditions=@solent/source", "--import", "tsx"],
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      CHAT_ADMIN_PASSWORD: password,
      CHAT_PROXIES: "1",
      CHAT_LOG_LEVEL: "fatal",
      ...environment,
    },
  });
  const exit = once(child, "exit");
  const [port] = (await Promise.race([once(child, "message"), exit])) as [unknown];
  if (child.connected && typeof port === "number") return { child, port };
  throw new Error("A node did not start; what it said is above.");
}

function startProxy(port: number, nodes: readonly RunningNode[]): ChildProcess {
  const places = nodes.map((node, at) => [`CHAT_NODE_${at + 1}`, `127.0.0.1:${node.port}`]);
  return spawn(systemProgram("haproxy"), ["-db", "-q", "-f", proxyFile], {
    env: { PATH: process.env["PATH"], CHAT_LISTEN: `:${port}`, ...Object.fromEntries(places) },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(force);
}
