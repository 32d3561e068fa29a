import { HubChannelLayer } from "@solent/core/layer";
import { RedisBroker } from "./broker/redis-broker.ts";
import { KeyLayout } from "./layout/key-layout.ts";
import { readScript } from "./publishing/script.ts";
import { type RedisPubSubChannelLayerOptions, type ResolvedRedisOptions, splitOptions } from "./redis-layer-options.ts";
import { FixedTopology } from "./topology/fixed-topology.ts";
import { addressesOf } from "./topology/addresses.ts";

/** How many messages may be in flight at one server: more wait for their answers. */
const maxInFlight = 1000;

/** What an event needs beside its data: names and the envelope. */
const envelopeBytes = 65_536;

/**
 * The channel layer over Redis pub/sub, for many nodes.
 *
 * It has every guarantee of `ChannelLayer`. Every event of a group gets a position from Redis, so a node knows what it missed,
 * and tells its members (`group_gap`). While Redis is away, members keep their connections; sends wait for
 * `publishTimeoutMs`, joins for `joinTimeoutMs`, and reject then.
 *
 * Needs Redis 6 or newer, or Valkey.
 */
export class RedisPubSubChannelLayer extends HubChannelLayer {
  /** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
  constructor(options: RedisPubSubChannelLayerOptions = {}) {
    const { layer, cluster, redis } = splitOptions(options);
    super(layer, { ...cluster, broker: makeBroker(redis, (layer.maxMessageBytes ?? 1_048_576) + envelopeBytes) });
  }
}

function makeBroker(redis: ResolvedRedisOptions, maxMessageBytes: number): RedisBroker {
  const { publishTimeoutMs, maxPendingMessages, maxPendingBytes, onProblem } = redis;
  const { connectTimeoutMs, proofIntervalMs, proofTimeoutMs } = redis;
  const ttlSeconds = Math.max(1, Math.ceil(redis.positionTtlMs / 1000));
  const addresses = addressesOf(redis.redis);
  return new RedisBroker({
    layout: new KeyLayout(redis.prefix),
    topology: (make) => new FixedTopology(addresses, make),
    script: readScript("publish", { PUBLISH: "PUBLISH", TTL: ttlSeconds }),
    isSharded: false,
    maxMessageBytes,
    publishing: { publishTimeoutMs, maxPendingMessages, maxPendingBytes, maxInFlight },
    connection: { connectTimeoutMs, proofIntervalMs, proofTimeoutMs },
    onProblem,
  });
}
