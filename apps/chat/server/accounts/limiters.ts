import { once } from "node:events";
import { type Redis, Redis as RedisClient } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { Config } from "../config.ts";
import type { ChatLog } from "../log.ts";

/** Counts in windows of time. */
export type Limiter = RateLimiterMemory | RateLimiterRedis;

/** What is counted, how often it may be, and in how many seconds. */
export interface LimiterOptions {
  readonly name: string;
  readonly points: number;
  readonly duration: number;
}

/** Makes limiters, and lets go of what they need. */
export interface Limiters extends AsyncDisposable {
  readonly make: (options: LimiterOptions) => Limiter;
  /** Resolves when they count where they are meant to. */
  readonly isReady: () => Promise<void>;
}

/** How long Redis may take for one count. */
const countTimeoutMs = 1_000;

/** Limiters that count in this process. */
export const memoryLimiters: Limiters = {
  make: ({ points, duration }) => new RateLimiterMemory({ points, duration }),
  isReady: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/**
 * Limiters that count in Redis, for all nodes together; in this process while Redis is away.
 *
 * They have a connection of their own, which never keeps anybody waiting.
 */
export function redisLimiters(redis: string, prefix: string, log: ChatLog): Limiters {
  const client: Redis = new RedisClient(redis, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: countTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  // Whoever reads the log hears of it from the layer already.
  client.on("error", (error: Error) => log.debug({ err: error }, "sign-ins are counted in memory: Redis is away"));
  return {
    make: ({ name, points, duration }) =>
      new RateLimiterRedis({
        storeClient: client,
        keyPrefix: `${prefix}:limit:${name}`,
        points,
        duration,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory({ points, duration }),
      }),
    isReady: async () => {
      if (client.status !== "ready") await once(client, "ready");
    },
    [Symbol.asyncDispose]: () => {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

/** The limiters that the configuration asks for. */
export function limitersOf({ redis, redisPrefix }: Config, log: ChatLog): Limiters {
  return redis === undefined ? memoryLimiters : redisLimiters(redis, redisPrefix, log);
}
