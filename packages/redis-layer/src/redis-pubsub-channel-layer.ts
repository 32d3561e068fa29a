import { HubChannelLayer } from "@solent/core/layer";
import { RedisBroker } from "./broker/redis-broker.ts";
import { KeyLayout } from "./layout/key-layout.ts";
import { readScript } from "./connection/script.ts";
import {
  type RedisLocation,
  type RedisPubSubChannelLayerOptions,
  type ResolvedRedisOptions,
  splitOptions,
} from "./redis-layer-options.ts";
import { addressesOf, previousAddressesOf } from "./redis-addresses.ts";
import { ClusterTopology } from "./topology/cluster-topology.ts";
import { type Configuration, Deployment, theOnlyServer } from "./deployment/deployment.ts";
import { partitionCount } from "./layout/partitions.ts";
import { FixedTopology } from "./topology/fixed-topology.ts";
import { layerCodec } from "./wire/layer-codec.ts";
import type { MakeServer, Topology } from "./topology/topology.ts";

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
  readonly #broker: RedisBroker;

  /** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
  constructor(options: RedisPubSubChannelLayerOptions = {}) {
    const { layer, cluster, redis } = splitOptions(options);
    const broker = makeBroker(redis, (layer.maxMessageBytes ?? 1_048_576) + envelopeBytes);
    super(layer, { ...cluster, broker, codec: layerCodec(redis) });
    this.#broker = broker;
  }

  /** Whether this node is connected to all Redis servers that it publishes on now: for health checks. */
  get isConnected(): boolean {
    return this.#broker.isReady;
  }

  /**
   * Resolves when this node is connected to all of its Redis servers; at once when it is now.
   *
   * Wait for it before you listen. What goes wrong meanwhile is told to `onProblem`.
   *
   * @throws {SolentError} LAYER_CLOSED when the layer is closed before. The signal's reason when it aborts.
   */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#broker.ready(options.signal);
    // What was joined before is live then.
    await this.#broker.settled();
  }

  /**
   * Resolves when what this node sent before is with Redis, and what was with Redis before has arrived at this node.
   *
   * For tests, and before the end of a script. It waits for nothing at a server that is away.
   */
  settled(): Promise<void> {
    return this.#broker.settled();
  }
}

function makeBroker(redis: ResolvedRedisOptions, maxMessageBytes: number): RedisBroker {
  const { publishTimeoutMs, maxPendingMessages, maxPendingBytes, onProblem } = redis;
  const { connectTimeoutMs, proofIntervalMs, proofTimeoutMs } = redis;
  const ttlSeconds = Math.max(1, Math.ceil(redis.positionTtlMs / 1000));
  const isSharded = isCluster(redis.redis);
  const layout = new KeyLayout(redis.prefix);
  const script = readScript("publish", { PUBLISH: isSharded ? "SPUBLISH" : "PUBLISH", TTL: ttlSeconds });
  const claim = readScript("claim");
  let deployment: Deployment | undefined;
  return new RedisBroker({
    layout,
    topology: topologyOf(redis, () => deployment?.hasPrevious === true),
    deployment: (topology, events) => {
      const { own, previous } = configurationsOf(redis);
      const key = layout.other(0, "deployments");
      return (deployment = new Deployment({ own, previous, script: claim, key, topology, ...events }));
    },
    script,
    scripts: [script, claim],
    isSharded,
    maxMessageBytes,
    publishing: { publishTimeoutMs, maxPendingMessages, maxPendingBytes, maxInFlight },
    connection: { connectTimeoutMs, proofIntervalMs, proofTimeoutMs },
    onProblem,
  });
}

function topologyOf(
  { redis, onProblem }: ResolvedRedisOptions,
  isPreviousInUse: () => boolean,
): (make: MakeServer) => Topology {
  const addresses = addressesOf(redis);
  if (isCluster(redis)) {
    const { options = {}, addressMap = {} } = redis;
    return (make) => new ClusterTopology({ seeds: addresses, options, addressMap, make, onProblem });
  }
  const previous = previousAddressesOf(redis);
  const replacement = previous && { previous, isPreviousInUse };
  return (make) => new FixedTopology(addresses, make, replacement);
}

function configurationsOf(options: ResolvedRedisOptions): { own: Configuration; previous: Configuration | undefined } {
  const { redis, serializerFormat, symmetricEncryptionKeys } = options;
  const common = {
    partitions: partitionCount,
    wire: 1,
    serializerFormat,
    isEncrypted: symmetricEncryptionKeys.length > 0,
  };
  const previous = previousAddressesOf(redis);
  return {
    own: { servers: serverNamesOf(redis), ...common },
    previous: previous && { servers: previous.map(({ key }) => key), ...common },
  };
}

function serverNamesOf(redis: RedisLocation): readonly string[] {
  if (isCluster(redis)) return ["cluster"];
  const isList = typeof redis !== "string" && "servers" in redis;
  return isList ? addressesOf(redis).map(({ key }) => key) : theOnlyServer;
}

function isCluster(redis: RedisLocation): redis is Extract<RedisLocation, { readonly cluster: unknown }> {
  return typeof redis !== "string" && "cluster" in redis;
}
