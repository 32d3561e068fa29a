import { Redis } from "ioredis";
import { redisCluster } from "../support/redis/redis-cluster.ts";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import { redisSentinel } from "../support/redis/redis-sentinel.ts";
import type { RedisWorld } from "./redis-harness.ts";

/** The server that the setup of the tests has found. */
export async function oneServer(): Promise<RedisWorld> {
  const url = new URL(process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379");
  const redis = new Redis(url.href);
  const address = `${url.hostname}:${url.port || "6379"}`;
  return {
    addresses: [address],
    primaries: [redis],
    all: [redis],
    location: (proxies, user) => ({ url: proxies.before({ address }).url, ...user }),
    async [Symbol.asyncDispose]() {
      await redis.quit();
    },
  };
}

/** Three servers that know nothing of each other. */
export async function threeServers(): Promise<RedisWorld> {
  const servers = await Promise.all([1, 2, 3].map(() => redisProcess()));
  const primaries = servers.map((server) => server.control);
  return {
    addresses: servers.map(({ address }) => address),
    primaries,
    all: primaries,
    location: (proxies, user) => ({
      servers: servers.map((server: RedisProcess) => ({
        url: proxies.before(server).url,
        serverName: server.address,
        ...user,
      })),
    }),
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}

/** A primary and its replica, and three sentinels that say which is which. */
export async function sentinel(): Promise<RedisWorld> {
  const world = await redisSentinel();
  const primary = await world.primary();
  return {
    addresses: world.servers.map(({ address }) => address),
    primaries: [primary.control],
    all: world.servers.map((server) => server.control),
    location: (proxies, user) => ({
      sentinels: world.sentinels.map(({ host, port }) => ({ host, port })),
      name: world.name,
      options: { ...user, natMap: proxies.natMap },
    }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Three primaries, each with a replica. */
export async function cluster(): Promise<RedisWorld> {
  const world = await redisCluster();
  const primaries = world.nodes.slice(0, 3);
  return {
    addresses: world.nodes.map(({ address }) => address),
    primaries: primaries.map(({ control }) => control),
    all: world.nodes.map(({ control }) => control),
    isCluster: true,
    location: (proxies, user) => ({
      cluster: primaries.map((server) => proxies.before(server).url),
      options: user,
      addressMap: proxies.natMap,
    }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
