import { Redis } from "ioredis";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
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
