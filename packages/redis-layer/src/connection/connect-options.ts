import { Redis, type RedisOptions } from "ioredis";

/** How one server is reached: what `ioredis` takes, without what the layer decides itself. */
export type RedisConnectOptions = Pick<
  RedisOptions,
  | "host"
  | "port"
  | "family"
  | "path"
  | "username"
  | "password"
  | "db"
  | "tls"
  | "keepAlive"
  | "sentinels"
  | "name"
  | "sentinelUsername"
  | "sentinelPassword"
  | "sentinelTLS"
  | "enableTLSForSentinelMode"
  | "natMap"
>;

/**
 * What no user may change: the layer makes its own connections anew, and says itself what is lost.
 *
 * With the defaults of `ioredis` a publish whose reply is lost is sent twice, and subscriptions come back unseen.
 */
const ownPolicy = {
  protocol: 3,
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
} as const satisfies RedisOptions;

/** A new connection, not begun yet. `url` is completed by `options`, which win. */
export function openRedis(server: { readonly url?: string; readonly options: RedisConnectOptions }): Redis {
  const options = { ...server.options, ...ownPolicy };
  return server.url === undefined ? new Redis(options) : new Redis(server.url, options);
}

/**
 * Greets a server, and refuses one that cannot carry a layer.
 *
 * @throws {Error} when it speaks no RESP3 (Redis 6, Valkey), is a replica or a Sentinel, or is part of a Cluster while that is
 *   not expected, or the reverse.
 */
export async function greet(redis: Redis, isCluster: boolean): Promise<void> {
  const pairs = (await redis.call("HELLO")) as readonly unknown[];
  const said = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < pairs.length; i += 2) said.set(pairs[i], pairs[i + 1]);
  const mode = said.get("mode");
  if (Number(said.get("proto")) !== 3) throw new Error("the server speaks no RESP3: Redis 6 or Valkey is needed");
  if (said.get("role") !== "master") throw new Error(`the server is no primary but a ${String(said.get("role"))}`);
  if (isCluster !== (mode === "cluster")) {
    throw new Error(
      isCluster ? "the server belongs to no Redis Cluster" : "the server belongs to a Redis Cluster: use { cluster }",
    );
  }
}

/**
 * What tells a server from itself after a restart, and from the replica that takes its place: its replication id.
 *
 * Both may lack what was accepted last, since Redis answers before anything is on disk or copied.
 *
 * @throws {Error} when the user may not call INFO.
 */
export async function lifeOf(redis: Redis): Promise<string> {
  const [, id] = /^master_replid:(\S+)/m.exec(await redis.info("replication")) ?? [];
  if (id === undefined) throw new Error("the server does not tell its replication id");
  return id;
}
