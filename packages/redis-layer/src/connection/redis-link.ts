import type { Redis } from "ioredis";

/** How a link connects, and whom it tells. */
export interface RedisLinkParts {
  /** A new connection that has not begun to connect, and that never reconnects by itself. */
  readonly open: () => Redis;
  /** What has to have worked before the connection is of use. It rejects when it did not. */
  readonly prepare: (redis: Redis) => Promise<void>;
  readonly onUp: (redis: Redis) => void;
  /** Called once after every `onUp`, when the connection is gone; commands in flight on it have rejected or will. */
  readonly onDown: () => void;
  /** Told why an attempt failed or a connection ended; for logs. */
  readonly onProblem: (error: Error) => void;
  /** How long one attempt may take, all in all. */
  readonly connectTimeoutMs: number;
}

const firstRetryMs = 50;
const longestRetryMs = 2000;

/**
 * One connection to Redis that is replaced when it ends, for ever, with growing pauses.
 *
 * Each attempt is a new `Redis`: nothing is resent or subscribed behind the layer's back, and no promise outlives its
 * connection.
 */
export class RedisLink {
  readonly #parts: RedisLinkParts;
  #attempt: Redis | undefined;
  #live: Redis | undefined;
  #retryMs = firstRetryMs;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(parts: RedisLinkParts) {
    this.#parts = parts;
  }

  /** The connection while it works: what is written to it in this turn reaches the socket. */
  get redis(): Redis | undefined {
    const live = this.#live;
    return live?.status === "ready" && live.stream.writable ? live : undefined;
  }

  start(): void {
    void this.#connect();
  }

  /** Ends the connection, which is not to be trusted any more, and makes a new one. */
  drop(cause: string): void {
    if (this.#live === undefined) return;
    this.#parts.onProblem(new Error(cause));
    this.#live.disconnect();
    // By itself it would wait for the other side to end too, which a half-open one never does.
    this.#live.stream.destroy();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#attempt?.disconnect();
    this.#live?.disconnect();
  }

  async #connect(): Promise<void> {
    const redis = this.#parts.open();
    this.#attempt = redis;
    let problem: Error | undefined;
    redis.on("error", (error: Error) => (problem = error));
    redis.once("end", () => this.#ended(redis));
    const { connectTimeoutMs } = this.#parts;
    const deadline = setTimeout(() => {
      problem = new Error(`no answer within ${connectTimeoutMs} ms`);
      redis.disconnect();
    }, connectTimeoutMs);
    try {
      await redis.connect();
      await this.#parts.prepare(redis);
      if (redis.status === "ready" && !this.#isClosed) this.#up(redis);
    } catch (error) {
      this.#parts.onProblem(problem ?? (error as Error));
      redis.disconnect();
      // An attempt that has ended already has said so before this.
      if (redis.status === "end") this.#ended(redis);
    } finally {
      clearTimeout(deadline);
    }
  }

  #up(redis: Redis): void {
    this.#attempt = undefined;
    this.#live = redis;
    this.#retryMs = firstRetryMs;
    this.#parts.onUp(redis);
  }

  #ended(redis: Redis): void {
    const wasLive = this.#live === redis;
    if (!wasLive && this.#attempt !== redis) return;
    this.#attempt = undefined;
    this.#live = undefined;
    if (wasLive) this.#parts.onDown();
    if (this.#isClosed) return;
    const pauseMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
    this.#retryTimer = setTimeout(() => void this.#connect(), pauseMs);
  }
}
