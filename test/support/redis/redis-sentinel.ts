import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { endAll, redisProcess, redisProcesses, type ClientOptions, type RedisProcess } from "./redis-process.ts";

export interface RedisSentinelOptions {
  /** @default 1 */
  readonly replicas?: number;
  /** How long the primary may be silent before a sentinel takes it for down. @default 500 */
  readonly downAfterMs?: number;
  /** Of the servers; the sentinels have none. */
  readonly password?: string;
  /** More of the servers' command line. */
  readonly args?: readonly string[];
}

const SENTINELS = 3;
const QUORUM = 2;
/** After an attempt that failed, a sentinel waits for twice this long. */
const FAILOVER_TIMEOUT_MS = 3_000;
const FAILOVER_PATIENCE_MS = 40_000;

/** How often sentinels look and talk (by default every 1, 2 and 10 s), so that what they know is never old. */
const haste = ["PING-PERIOD", "100", "PUBLISH-PERIOD", "200", "INFO-PERIOD", "300", "ASK-PERIOD", "200"];

/** One primary with replicas, and three sentinels that replace it when two of them find it down. */
export class RedisSentinel implements AsyncDisposable {
  /** What the sentinels call the primary. */
  readonly name = "main";
  readonly servers: readonly RedisProcess[];
  readonly sentinels: readonly RedisProcess[];
  readonly #clients = new Set<Redis>();

  /** Use `redisSentinel`, which starts all of it. */
  constructor(servers: readonly RedisProcess[], sentinels: readonly RedisProcess[]) {
    this.servers = servers;
    this.sentinels = sentinels;
  }

  /** The options with which ioredis finds the primary. */
  get connection(): ClientOptions {
    const { host: _host, port: _port, ...secrets } = this.servers[0]!.connection;
    return { ...secrets, name: this.name, sentinels: this.sentinels.map(({ host, port }) => ({ host, port })) };
  }

  /** A connection to the primary, whichever it is; ends with the disposal. Comes back by itself, as those of a server. */
  client(options: ClientOptions = {}): Redis {
    const retryStrategy = (): number => 20;
    const defaults: ClientOptions = {
      protocol: 3,
      maxRetriesPerRequest: 0,
      retryStrategy,
      sentinelRetryStrategy: retryStrategy,
    };
    const client = new Redis({ ...this.connection, ...defaults, ...options });
    client.on("error", () => {});
    client.once("end", () => void this.#clients.delete(client));
    this.#clients.add(client);
    return client;
  }

  /** The server that all running sentinels call the primary, and that says so of itself. */
  async primary(): Promise<RedisProcess> {
    return eventually("the sentinels agree on a primary that is one", () => this.#agreed());
  }

  /** Resolves when there is a primary, every other running server is its replica, and every sentinel knows that. */
  async settled(): Promise<void> {
    const primary = await this.primary();
    const others = this.servers.filter((server) => server.isRunning && server !== primary);
    for (const server of others) await server.linked({ patienceMs: FAILOVER_PATIENCE_MS });
    await eventually("every sentinel knows every server and every sentinel", async () => {
      for (const sentinel of this.#watching()) if (!(await this.#knowsAll(sentinel))) return false;
      return (await this.#agreed()) === primary;
    });
  }

  /**
   * Makes another server the primary: by an order to the sentinels, or by killing the one there is.
   *
   * Resolves when all sentinels agree on the new one. The killed one stays down until `restart`; a further failover needs
   * a replica that runs.
   */
  async failover(by: "command" | "kill"): Promise<{ readonly old: RedisProcess; readonly primary: RedisProcess }> {
    await this.settled();
    const old = await this.primary();
    if (by === "kill") await old.kill();
    else await this.#watching()[0]!.control.call("SENTINEL", "FAILOVER", this.name);
    const primary = await eventually(
      "the sentinels agree on a new primary",
      async () => {
        const agreed = await this.#agreed();
        return agreed === old ? undefined : agreed;
      },
      { patienceMs: FAILOVER_PATIENCE_MS },
    );
    return { old, primary };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await endAll([...this.sentinels, ...this.servers]);
  }

  #watching(): RedisProcess[] {
    return this.sentinels.filter(({ isRunning }) => isRunning);
  }

  async #agreed(): Promise<RedisProcess | undefined> {
    const views = await Promise.all(this.#watching().map((sentinel) => this.#view(sentinel)));
    const ports = new Set(views.map((view) => Number(view.get("port"))));
    // While it is being replaced, a sentinel may have announced the new one and still be at work.
    if (ports.size !== 1 || views.some((view) => view.get("flags") !== "master")) return undefined;
    const primary = this.servers.find((server) => server.isRunning && ports.has(server.port));
    return primary && (await primary.info("replication")).get("role") === "master" ? primary : undefined;
  }

  async #knowsAll(sentinel: RedisProcess): Promise<boolean> {
    const view = await this.#view(sentinel);
    const replicas = await mapsOf(sentinel, "REPLICAS", this.name);
    const isDown = new Set(this.servers.filter((server) => !server.isRunning).map(({ port }) => port));
    const alive = replicas.filter((replica) => !isDown.has(Number(replica.get("port"))));
    return (
      Number(view.get("num-other-sentinels")) === SENTINELS - 1 &&
      alive.length === this.servers.length - 1 - isDown.size &&
      alive.every((replica) => replica.get("flags") === "slave" && replica.get("master-link-status") === "ok")
    );
  }

  async #view(sentinel: RedisProcess): Promise<ReadonlyMap<string, string>> {
    return (await mapsOf(sentinel, "MASTERS")).find((view) => view.get("name") === this.name) ?? new Map();
  }
}

/** Starts servers and sentinels; resolves when each knows all others. */
export async function redisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const started: RedisProcess[] = [];
  try {
    const servers = await startServers(options, started);
    const sentinels = await redisProcesses(new Array(SENTINELS).fill({ sentinel: settings(servers[0]!, options) }));
    started.push(...sentinels);
    for (const { control } of sentinels) await control.call("SENTINEL", "DEBUG", ...haste);
    const all = new RedisSentinel(servers, sentinels);
    await all.settled();
    return all;
  } catch (error) {
    await endAll(started);
    throw error;
  }
}

async function startServers(options: RedisSentinelOptions, started: RedisProcess[]): Promise<RedisProcess[]> {
  const { replicas = 1, password, args = [] } = options;
  const common = { args, ...(password === undefined ? {} : { password }) };
  const primary = await redisProcess(common);
  started.push(primary);
  const copies = await redisProcesses(new Array(replicas).fill({ ...common, replicaOf: primary }));
  started.push(...copies);
  for (const copy of copies) await copy.linked();
  return [primary, ...copies];
}

function settings(primary: RedisProcess, { downAfterMs = 500, password }: RedisSentinelOptions): string[] {
  return [
    `sentinel monitor main ${primary.host} ${primary.port} ${QUORUM}`,
    `sentinel down-after-milliseconds main ${downAfterMs}`,
    `sentinel failover-timeout main ${FAILOVER_TIMEOUT_MS}`,
    ...(password === undefined ? [] : [`sentinel auth-pass main ${password}`]),
  ];
}

/** What a sentinel answers: lists of facts, each a map in RESP3. */
async function mapsOf(sentinel: RedisProcess, ...words: string[]): Promise<ReadonlyMap<string, string>[]> {
  const lists = (await sentinel.control.call("SENTINEL", ...words)) as string[][];
  return lists.map(
    (list) => new Map(list.flatMap((word, at) => (at % 2 === 0 ? [[word, list[at + 1]!] as const] : []))),
  );
}
