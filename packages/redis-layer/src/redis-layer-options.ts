import { SolentError } from "@solent/core/errors";
import type { ChannelLayerOptions, ClusterOptions } from "@solent/core/layer";
import type { RedisConnectOptions } from "./connection/connect-options.ts";

/** One Redis server: a URL (`redis:`, `rediss:`, or a path for a Unix socket), or the options of `ioredis`. */
export type RedisAddress =
  | string
  | (Omit<RedisConnectOptions, "sentinels" | "name" | "natMap"> & {
      /** A URL; the options beside it win. */
      readonly url?: string | undefined;
      /**
       * What this server is called among several, the same on every node: it decides which groups it holds. Default its host,
       * port and database as given here, which will do where every node reaches it by the same ones.
       */
      readonly serverName?: string | undefined;
    });

/** Where Redis is. */
export type RedisLocation =
  | RedisAddress
  /**
   * Several servers that know nothing of each other; the order does not matter, but for `wire: "channels_redis"`. With `previousServers`, nodes that know only
   * those run meanwhile: give it to all nodes one after the other, and leave it out again afterwards.
   */
  | { readonly servers: readonly RedisAddress[]; readonly previousServers?: readonly RedisAddress[] | undefined }
  /** The primary that these Sentinels name. `options` reach that primary: user, password, TLS. */
  | {
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly name: string;
      readonly options?: RedisConnectOptions | undefined;
    }
  /**
   * A Redis Cluster, by some of its servers. `options` are for every server of it: user, password, TLS. `addressMap` says where
   * a server is that calls itself `host:port` and is not there from here: behind a proxy, in Docker.
   */
  | {
      readonly cluster: readonly RedisAddress[];
      readonly options?: RedisConnectOptions | undefined;
      readonly addressMap?: Readonly<Record<string, { readonly host: string; readonly port: number }>> | undefined;
    };

/** Options of a layer over Redis. */
export interface RedisPubSubChannelLayerOptions extends ChannelLayerOptions, ClusterOptions {
  /** Where Redis is. Default `"redis://127.0.0.1:6379"`. */
  readonly redis?: RedisLocation | undefined;
  /**
   * Whose messages are spoken: `"solent"`, or those of `RedisPubSubChannelLayer` of Django's channels_redis 4. Default
   * `"solent"`.
   *
   * With `"channels_redis"` Django's services share groups with this one, and both send to each other's channels. `prefix`,
   * `serializerFormat` and `symmetricEncryptionKeys` are the original's then (which ignores the last two before its version
   * 4.2.1), and `{ servers }` are its hosts, in the same order. There is no place in it for senders, `except`, positions and
   * answers: see `LayerCapabilities.envelopes`. Plain channels stay within the process. No Redis Cluster.
   */
  readonly wire?: "solent" | "channels_redis" | undefined;
  /**
   * What every key and channel begins with; letters, digits, `-`, `_`, `.`, and in Solent's own wire `:`. Default `"solent"`;
   * with `wire: "channels_redis"` the original's, `"asgi"`.
   */
  readonly prefix?: string | undefined;
  /**
   * How payloads are written: `"json"` or `"msgpack"`, the same on all nodes. Default `"json"`; with
   * `wire: "channels_redis"` the original's, `"msgpack"`.
   */
  readonly serializerFormat?: "json" | "msgpack" | undefined;
  /**
   * Keys that encrypt payloads, any long random texts: the first encrypts, all decrypt. Names of groups and channels stay in
   * clear. To rotate, give every node the new key last, then first, then alone. Default none: payloads in clear.
   */
  readonly symmetricEncryptionKeys?: readonly string[] | undefined;
  /** How long the position of a group outlives its last event, in ms. Default 86,400,000 (a day). */
  readonly positionTtlMs?: number | undefined;
  /** How long a send may wait for Redis to come back, in ms; then it rejects. Default 5,000. */
  readonly publishTimeoutMs?: number | undefined;
  /** How many sends may wait or be in flight on this node. Default 10,000. */
  readonly maxPendingMessages?: number | undefined;
  /** How many bytes of sends may wait or be in flight on this node. Default 67,108,864. */
  readonly maxPendingBytes?: number | undefined;
  /** How long one attempt to connect may take, in ms. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How often a node proves that what it publishes comes back to it, in ms. Default 1,000. */
  readonly proofIntervalMs?: number | undefined;
  /** How long that may take before both connections are made anew, in ms. Default 3,000. */
  readonly proofTimeoutMs?: number | undefined;
  /** Told why Redis cannot be reached, or was lost; for logs. The layer goes on by itself. */
  readonly onProblem?: ((problem: Error, server: string) => void) | undefined;
}

/** The options of Redis with every default in place. */
export interface ResolvedRedisOptions {
  readonly redis: RedisLocation;
  readonly wire: "solent" | "channels_redis";
  readonly prefix: string;
  readonly serializerFormat: "json" | "msgpack";
  readonly symmetricEncryptionKeys: readonly string[];
  readonly positionTtlMs: number;
  readonly publishTimeoutMs: number;
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  readonly connectTimeoutMs: number;
  readonly proofIntervalMs: number;
  readonly proofTimeoutMs: number;
  readonly onProblem: (problem: Error, server: string) => void;
}

const defaults: ResolvedRedisOptions = Object.freeze({
  redis: "redis://127.0.0.1:6379",
  wire: "solent",
  prefix: "solent",
  serializerFormat: "json",
  symmetricEncryptionKeys: [],
  positionTtlMs: 86_400_000,
  publishTimeoutMs: 5000,
  maxPendingMessages: 10_000,
  maxPendingBytes: 67_108_864,
  connectTimeoutMs: 5000,
  proofIntervalMs: 1000,
  proofTimeoutMs: 3000,
  onProblem: () => undefined,
});

/** What the original has instead. */
const foreignDefaults: Partial<ResolvedRedisOptions> = Object.freeze({ prefix: "asgi", serializerFormat: "msgpack" });

const counts = ["maxPendingMessages", "maxPendingBytes"] as const;
const wires: readonly unknown[] = ["solent", "channels_redis"];
const serializerFormats: readonly unknown[] = ["json", "msgpack"];
const times = ["positionTtlMs", "publishTimeoutMs", "connectTimeoutMs", "proofIntervalMs", "proofTimeoutMs"] as const;

/** What belongs to the layer of the core, and what to Redis. */
export interface SplitOptions {
  readonly layer: ChannelLayerOptions;
  readonly cluster: ClusterOptions;
  readonly redis: ResolvedRedisOptions;
}

/** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
export function splitOptions(options: RedisPubSubChannelLayerOptions): SplitOptions {
  const { joinTimeoutMs, callTimeoutMs, lingerMs, verifyIntervalMs, leaseMs, ...rest } = options;
  const layer: Record<string, unknown> = {};
  const redis: Record<string, unknown> = { ...defaults, ...(rest.wire === "channels_redis" && foreignDefaults) };
  for (const [option, value] of Object.entries(rest)) {
    if (!(option in defaults)) layer[option] = value;
    else if (value !== undefined) redis[option] = value;
  }
  const resolved = redis as unknown as ResolvedRedisOptions;
  for (const option of counts) {
    if (!Number.isSafeInteger(resolved[option]) || resolved[option] < 1) {
      refuse(option, resolved[option], "it is a positive integer");
    }
  }
  for (const option of times) {
    if (!(resolved[option] > 0 && resolved[option] < 2 ** 31)) {
      refuse(option, resolved[option], "it is a positive number of ms, below 2,147,483,648");
    }
  }
  if (!wires.includes(resolved.wire)) refuse("wire", resolved.wire, 'it is "solent" or "channels_redis"');
  if (resolved.wire === "channels_redis") requireForeign(resolved, options);
  else if (!/^[\w.:-]{1,64}$/.test(resolved.prefix)) {
    refuse("prefix", resolved.prefix, "it is 1 to 64 ASCII letters, digits, hyphens, underscores, dots and colons");
  }
  if (!serializerFormats.includes(resolved.serializerFormat)) {
    refuse("serializerFormat", resolved.serializerFormat, 'it is "json" or "msgpack"');
  }
  if (!Array.isArray(resolved.symmetricEncryptionKeys)) {
    refuse("symmetricEncryptionKeys", typeof resolved.symmetricEncryptionKeys, "it is a list of texts");
  }
  if (typeof resolved.onProblem !== "function") refuse("onProblem", resolved.onProblem, "it is a function");
  return { layer, cluster: { joinTimeoutMs, callTimeoutMs, lingerMs, verifyIntervalMs, leaseMs }, redis: resolved };
}

function requireForeign({ prefix, redis }: ResolvedRedisOptions, given: RedisPubSubChannelLayerOptions): void {
  // It stands in names of channels, which have an alphabet and a length.
  if (!/^[\w.-]{1,50}$/.test(prefix)) {
    refuse("prefix", prefix, "in channels_redis it is 1 to 50 ASCII letters, digits, hyphens, underscores and dots");
  }
  if (isCluster(redis)) refuse("redis", "{ cluster }", "channels_redis knows no Redis Cluster");
  if (typeof redis !== "string" && "previousServers" in redis && redis.previousServers !== undefined) {
    refuse("redis", "{ previousServers }", "services of channels_redis all have one list of hosts");
  }
  if (given.positionTtlMs !== undefined) {
    refuse("positionTtlMs", given.positionTtlMs, "channels_redis has no positions");
  }
}

/** Whether Redis is a Cluster. */
export function isCluster(redis: RedisLocation): redis is Extract<RedisLocation, { readonly cluster: unknown }> {
  return typeof redis !== "string" && "cluster" in redis;
}

/** @throws {SolentError} CONFIG_INVALID, always. */
export function refuse(option: string, value: unknown, rule: string): never {
  throw new SolentError("CONFIG_INVALID", { option, value, rule });
}
