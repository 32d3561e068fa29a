import { type ChannelLayer, InMemoryChannelLayer } from "@solent/core";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { maxWaitingEvents } from "./chat.ts";
import type { Config } from "./config.ts";
import type { ChatLog } from "./log.ts";

/** How long Redis may take until it answers, at the start. */
const readyTimeoutMs = 10_000;

/** What joins the nodes, or stands for that where there is one. */
export interface OpenLayer {
  readonly layer: ChannelLayer;
  /** Whether what one says reaches other nodes now. */
  readonly isConnected: () => boolean;
}

/**
 * The layer that the configuration asks for, ready: over Redis, or in memory.
 *
 * @throws {Error} one line that says what to set, when Redis does not answer in time.
 */
export async function openLayer({ redis, redisPrefix }: Config, log: ChatLog): Promise<OpenLayer> {
  const capacity = maxWaitingEvents;
  if (redis === undefined) return { layer: new InMemoryChannelLayer({ capacity }), isConnected: () => true };
  let lastProblem: Error | undefined;
  const layer = new RedisPubSubChannelLayer({
    redis,
    prefix: redisPrefix,
    capacity,
    onProblem: (problem, server) => {
      lastProblem = problem;
      log.warn({ err: problem, server }, "Redis cannot be reached");
    },
  });
  try {
    await layer.ready({ signal: AbortSignal.timeout(readyTimeoutMs) });
  } catch (error) {
    await layer.close();
    const why = lastProblem?.message ?? `it did not answer within ${readyTimeoutMs / 1_000} s`;
    throw new Error(`The Redis of CHAT_REDIS cannot be used: ${why}`, { cause: error });
  }
  return { layer, isConnected: () => layer.isConnected };
}
