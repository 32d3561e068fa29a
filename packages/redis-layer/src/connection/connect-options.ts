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
} as const satisfies RedisOptions;

/** A new connection, not begun yet. `url` is completed by `options`, which win. */
export function openRedis(server: { readonly url?: string; readonly options: RedisConnectOptions }): Redis {
  const options = { ...server.options, ...ownPolicy };
  return server.url === undefined ? new Redis(options) : new Redis(server.url, options);
}

/** What a server says of itself when it is greeted. */
export interface Greeting {
  /** The version of the protocol that the connection speaks. */
  readonly proto: number;
  /** `"master"` or `"replica"`. */
  readonly role: string;
  /** `"standalone"`, `"sentinel"` or `"cluster"`. */
  readonly mode: string;
}

/**
 * Greets a server, and refuses one that cannot carry a layer.
 *
 * @throws {Error} when it speaks no RESP3 (Redis 6, Valkey), or is a replica.
 */
export async function greet(redis: Redis): Promise<Greeting> {
  const pairs = (await redis.call("HELLO")) as readonly unknown[];
  const said = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < pairs.length; i += 2) said.set(pairs[i], pairs[i + 1]);
  const greeting = {
    proto: Number(said.get("proto")),
    role: String(said.get("role")),
    mode: String(said.get("mode")),
  };
  if (greeting.proto !== 3) throw new Error("the server speaks no RESP3: Redis 6 or Valkey is needed");
  if (greeting.role === "replica") throw new Error("the server is a replica");
  return greeting;
}
