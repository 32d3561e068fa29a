import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { Redis, type RedisOptions } from "ioredis";
import { freePort, startRedisServer, type RedisServer } from "../../../scripts/redis-server.mjs";
import { certificate, type Certificate } from "./certificate.ts";
import { eventually, type Patience } from "./eventually.ts";

export interface RedisUser {
  readonly name: string;
  readonly password: string;
  /** Rules of Redis's ACL, for instance "~room:* &room:* +@all". */
  readonly rules: string;
}

export interface RedisProcessOptions {
  /** More of redis-server's command line, for instance `["--maxclients", "10"]`. */
  readonly args?: readonly string[];
  /** Of the default user, and the one it gives to the server that it is a replica of. */
  readonly password?: string;
  readonly users?: readonly RedisUser[];
  /** Speaks TLS only, with a certificate of its own. @default false */
  readonly tls?: boolean;
  /** Listens on a Unix socket too. @default false */
  readonly unixSocket?: boolean;
  readonly replicaOf?: { readonly port: number };
  /** The settings of a sentinel, which it is then instead of a server with data. */
  readonly sentinel?: readonly string[];
}

/** Options of ioredis; how it maps replies stays as its default, which its types depend on. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

/**
 * One real Redis server that a test may treat badly.
 *
 * Keeps what is written to it in a log on disk, which survives `kill`. Ends with the test that made it (`await using`).
 */
export class RedisProcess implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** With the password of the default user, if there is one. */
  readonly url: string;
  readonly socketPath: string | undefined;
  readonly certificate: Certificate | undefined;
  /** Its own: its data, its socket, and redis.log. Removed with it. */
  readonly folder: string;
  readonly #options: RedisProcessOptions;
  readonly #clients = new Set<Redis>();
  #server: RedisServer | undefined;
  #control: Redis | undefined;

  /** Use `redisProcess`, which starts it too. */
  constructor(port: number, options: RedisProcessOptions) {
    this.port = port;
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), "solent-redis-"));
    this.socketPath = options.unixSocket ? join(this.folder, "redis.sock") : undefined;
    this.certificate = options.tls ? certificate(this.folder) : undefined;
    const secret = options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`;
    this.url = `${options.tls ? "rediss" : "redis"}://${secret}${this.host}:${port}`;
  }

  /** "127.0.0.1:<port>", as Sentinel and Cluster name it. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  /** The options with which ioredis reaches it over TCP, or over TLS if it speaks that. */
  get connection(): ClientOptions {
    const { password } = this.#options;
    return {
      host: this.host,
      port: this.port,
      ...(password === undefined ? {} : { password }),
      ...(this.certificate === undefined ? {} : { tls: { ca: this.certificate.ca } }),
    };
  }

  /**
   * A connection that ends with the server's disposal.
   *
   * Speaks RESP3, comes back by itself 20 ms after a loss, and lets commands fail rather than wait while it is away.
   */
  client(options: ClientOptions = {}): Redis {
    const defaults: ClientOptions = { protocol: 3, maxRetriesPerRequest: 0, retryStrategy: () => 20 };
    const client = new Redis({ ...this.connection, ...defaults, ...options });
    // Being cut off is what happens here; what fails because of it says so itself.
    client.on("error", () => {});
    client.once("end", () => void this.#clients.delete(client));
    this.#clients.add(client);
    return client;
  }

  /** The connection of the test itself; comes back after a restart. */
  get control(): Redis {
    return (this.#control ??= this.client({ commandTimeout: 2_000 }));
  }

  /** What INFO says in one section. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.control.info(section)).split("\r\n").filter((line) => line.includes(":"));
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
  }

  /** Resolves when it is a replica that has everything its primary had. */
  async linked(patience?: Patience): Promise<void> {
    await eventually(
      `${this.address} is a replica with a link to its primary`,
      async () => {
        const facts = await this.info("replication");
        return facts.get("role") === "slave" && facts.get("master_link_status") === "up";
      },
      patience,
    );
  }

  /**
   * Cuts a replica off from its primary for good; from then on it is stale, and can be promoted.
   *
   * It has what the primary had sent before, and its attempts to come back fail until `regainLink`.
   */
  async loseLink(): Promise<void> {
    await this.control.config("SET", "masterauth", "not the password");
    await this.control.call("CLIENT", "KILL", "TYPE", "master");
    await eventually(`${this.address} has no link to its primary`, async () => {
      return (await this.info("replication")).get("master_link_status") === "down";
    });
  }

  /** Ends `loseLink`: as a replica it takes over what its primary has, whatever it had itself. */
  async regainLink(): Promise<void> {
    await this.control.config("SET", "masterauth", this.#options.password ?? "");
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    process.kill(server.pid, "SIGKILL");
    await server.ended;
    this.#server = undefined;
  }

  /** SIGSTOP: it keeps its connections and answers nothing; resolves when it stands still. */
  async stop(): Promise<void> {
    const { pid } = this.#running();
    process.kill(pid, "SIGSTOP");
    // Where there is no /proc, nothing tells when the signal has arrived; it is a matter of microseconds.
    if (!existsSync("/proc/self/stat")) return;
    await eventually(`process ${pid} stands still`, async () => stateOf(pid) === "T");
  }

  /** SIGCONT, after `stop`. */
  resume(): void {
    process.kill(this.#running().pid, "SIGCONT");
  }

  /** Kills it if it runs, and starts it on the same port: with its data, or empty. */
  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    await this.kill();
    if (!keepData) {
      // What makes it a node of a Cluster (nodes.conf) is not its data.
      for (const name of ["appendonlydir", "dump.rdb"]) await remove(join(this.folder, name));
    }
    await this.start();
  }

  /** Starts it; `redisProcess` has done so. */
  async start(): Promise<void> {
    const { port, host, certificate: tls } = this;
    this.#server = await startRedisServer({
      port,
      folder: this.folder,
      ...this.#sentinelFile(),
      args: [...(this.#options.sentinel ? ["--sentinel"] : this.#args())],
      connect: tls === undefined ? () => connect(port, host) : () => connectTls({ port, host, ca: tls.ca }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.kill();
    await remove(this.folder);
  }

  #running(): RedisServer {
    if (this.#server === undefined) throw new Error(`the Redis server on port ${this.port} does not run`);
    return this.#server;
  }

  /** A sentinel writes into its settings what it learns, so that they are written down once only. */
  #sentinelFile(): { configFile?: string } {
    const { sentinel } = this.#options;
    if (sentinel === undefined) return {};
    const configFile = join(this.folder, "sentinel.conf");
    if (!existsSync(configFile)) writeFileSync(configFile, `${sentinel.join("\n")}\n`);
    return { configFile };
  }

  *#args(): Iterable<string> {
    const { password, users = [], replicaOf, args = [] } = this.#options;
    // Every write is with the system before it is answered, so that it survives SIGKILL; nothing waits for the disk.
    yield* ["--save", "", "--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", "0"];
    yield* ["--repl-diskless-sync-delay", "0"];
    if (password !== undefined) yield* ["--requirepass", password, "--masterauth", password];
    for (const user of users) yield* ["--user", user.name, "on", `>${user.password}`, ...user.rules.split(" ")];
    if (this.socketPath !== undefined) yield* ["--unixsocket", this.socketPath];
    if (replicaOf !== undefined) yield* ["--replicaof", this.host, `${replicaOf.port}`];
    if (this.certificate !== undefined) yield* tlsArgs(this.port, this.certificate);
    yield* args;
  }
}

/** Starts one Redis server; resolves when it answers. */
export async function redisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  const server = new RedisProcess(await freePort(), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts several at once: all of them, or none. */
export async function redisProcesses<const Options extends readonly RedisProcessOptions[]>(
  options: Options,
): Promise<{ -readonly [Index in keyof Options]: RedisProcess } & AsyncDisposable> {
  const starts = await Promise.allSettled(options.map((one) => redisProcess(one)));
  const servers = starts.filter((start) => start.status === "fulfilled").map((start) => start.value);
  const failed = starts.find((start) => start.status === "rejected");
  if (failed === undefined) {
    const started = servers as unknown as { -readonly [Index in keyof Options]: RedisProcess };
    return Object.assign(started, { [Symbol.asyncDispose]: () => endAll(servers) });
  }
  await endAll(servers);
  throw failed.reason;
}

/** Ends several, whatever happens to one of them. */
export async function endAll(resources: Iterable<AsyncDisposable>): Promise<void> {
  const ends = await Promise.allSettled([...resources].map((one) => one[Symbol.asyncDispose]()));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** A killed server may leave a child of its own that still writes for a moment. */
function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
}

function tlsArgs(port: number, { certFile, keyFile }: Certificate): string[] {
  const files = ["--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile];
  return ["--port", "0", "--tls-port", `${port}`, ...files, "--tls-auth-clients", "no"];
}

/** The letter of a process's state in /proc: "T" is stopped. */
function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name before it stands in parentheses and may hold anything.
  return stat.slice(stat.lastIndexOf(")") + 2)[0];
}
