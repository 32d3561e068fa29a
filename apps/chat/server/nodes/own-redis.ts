import { type RedisServer, startRedisServer } from "../../../../scripts/redis-server.mjs";
import type { ChatLog } from "../log.ts";
import { Pauses } from "./pauses.ts";

/** A Redis for nodes that were given none: on this machine alone, keeping nothing, and started again when it dies. */
export class OwnRedis {
  readonly url: string;
  readonly #log: ChatLog;
  readonly #pauses = new Pauses();
  #server: RedisServer;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  private constructor(server: RedisServer, log: ChatLog) {
    this.url = server.url;
    this.#server = server;
    this.#log = log;
    this.#watch(server);
  }

  // Apart: on Ctrl+C the nodes still need it to say goodbye.
  /** Starts one on a free port. @throws {Error} one line that says what to install. */
  static async start(log: ChatLog): Promise<OwnRedis> {
    const redis = new OwnRedis(await startRedisServer({ isApart: true }), log);
    log.info({ url: redis.url }, "a Redis for the nodes has started");
    return redis;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#server.stop();
  }

  #watch({ ended }: RedisServer): void {
    this.#pauses.started();
    void ended.then((how) => this.#startAgain(how));
  }

  #startAgain(why: string): void {
    if (this.#isStopping) return;
    const pauseMs = this.#pauses.died();
    this.#log.error({ why, pauseMs }, "the Redis of the nodes has ended, and is started again");
    this.#timer = setTimeout(() => void this.#restart(), pauseMs);
  }

  async #restart(): Promise<void> {
    const { port } = this.#server;
    try {
      await this.#server.stop();
      this.#server = await startRedisServer({ port, isApart: true });
    } catch (error) {
      this.#startAgain((error as Error).message);
      return;
    }
    if (this.#isStopping) await this.#server.stop();
    else this.#watch(this.#server);
  }
}
