import type { ClusterParts } from "@solent/core/layer";
import type { LayerBroker } from "./broker/layer-broker.ts";
import { RedisBroker } from "./broker/redis-broker.ts";
import { ChannelsRedisBroker } from "./foreign/channels-redis-broker.ts";
import { foreignEvents } from "./foreign/foreign-events.ts";
import { ForeignNames } from "./foreign/foreign-names.ts";
import { KeyLayout } from "./layout/key-layout.ts";
import { readScript } from "./connection/script.ts";
import { type Configuration, Deployment, theOnlyServer } from "./deployment/deployment.ts";
import { partitionCount } from "./layout/partitions.ts";
import { addressesOf, previousAddressesOf } from "./redis-addresses.ts";
import { isCluster, type RedisLocation, type ResolvedRedisOptions } from "./redis-layer-options.ts";
import { ClusterTopology } from "./topology/cluster-topology.ts";
import { FixedTopology } from "./topology/fixed-topology.ts";
import type { MakeServer, Topology } from "./topology/topology.ts";
import { layerCodec } from "./wire/layer-codec.ts";

/** How many messages may be in flight at one server: more wait for their answers. */
const maxInFlight = 1000;

/** What an event needs beside its data: names and the envelope. */
const envelopeBytes = 65_536;

/**
 * How much larger than JSON, which the layer's limit counts, a codec may write: base64 around JSON that escapes every
 * character; MessagePack takes nine bytes for `0.5`.
 */
const largestGrowth = 4;

/** How many ids of messages a queue knows, the newest: one of these that comes again is not there twice. */
const maxKnownIds = 10_000;

/** How many bytes of a queue's messages come at once, but for a single message. */
const maxPulledBytes = 1_048_576;

/** What a layer over Redis is made of. */
export interface RedisLayerParts extends ClusterParts {
  readonly broker: LayerBroker;
}

/** What the layer is for. */
export interface RedisLayerUse {
  /** The largest message that is sent, as JSON. */
  readonly maxMessageBytes: number;
  /** Whether it only sends. */
  readonly isSender: boolean;
}

/** @throws {SolentError} CONFIG_INVALID */
export function redisLayerParts(redis: ResolvedRedisOptions, use: RedisLayerUse): RedisLayerParts {
  return redis.wire === "channels_redis" ? foreignParts(redis, use) : ownParts(redis, use);
}

function ownParts(redis: ResolvedRedisOptions, { maxMessageBytes, isSender }: RedisLayerUse): RedisLayerParts {
  const ttlSeconds = Math.max(1, Math.ceil(redis.positionTtlMs / 1000));
  const isSharded = isCluster(redis.redis);
  const layout = new KeyLayout(redis.prefix);
  const PUBLISH = isSharded ? "SPUBLISH" : "PUBLISH";
  const script = readScript("publish", { PUBLISH, TTL: ttlSeconds });
  const claim = readScript("claim");
  let deployment: Deployment | undefined;
  const broker = new RedisBroker({
    ...commonParts(redis, isSender),
    layout,
    topology: topologyOf(redis, () => deployment?.hasPrevious === true),
    deployment: (topology, events) => {
      const { own, previous } = configurationsOf(redis);
      const key = layout.other(0, "deployments");
      return (deployment = new Deployment({ own, previous, script: claim, key, topology, ...events }));
    },
    script,
    claimScript: claim,
    historyScript: readScript("history"),
    queueScripts: {
      push: readScript(["queue", "queue-push"], { PUBLISH, MAXIDS: maxKnownIds }),
      pull: readScript(["queue", "queue-pull"], { PUBLISH, MAXBYTES: maxPulledBytes }),
      settle: readScript(["queue", "queue-settle"], { PUBLISH }),
      clear: readScript(["queue", "queue-clear"], { PUBLISH }),
    },
    isSharded,
    maxMessageBytes: largestGrowth * maxMessageBytes + envelopeBytes,
  });
  return { broker, codec: layerCodec(redis), isSender };
}

function foreignParts(redis: ResolvedRedisOptions, { maxMessageBytes, isSender }: RedisLayerUse): RedisLayerParts {
  const names = new ForeignNames(redis.prefix);
  const broker = new ChannelsRedisBroker({
    ...commonParts(redis, isSender),
    prefix: redis.prefix,
    names,
    addresses: addressesOf(redis.redis),
    maxMessageBytes: largestGrowth * maxMessageBytes + envelopeBytes,
  });
  return { broker, foreign: { names, format: foreignEvents(redis) }, isSender };
}

function commonParts(redis: ResolvedRedisOptions, isSender: boolean) {
  const { publishTimeoutMs, maxPendingMessages, maxPendingBytes, onProblem } = redis;
  const { connectTimeoutMs, proofIntervalMs, proofTimeoutMs } = redis;
  return {
    publishing: { publishTimeoutMs, maxPendingMessages, maxPendingBytes, maxInFlight },
    connection: { connectTimeoutMs, proofIntervalMs, proofTimeoutMs, isSender },
    onProblem,
  };
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
