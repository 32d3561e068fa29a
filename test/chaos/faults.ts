import type { Redis } from "ioredis";
import type { RedisProcess } from "../support/redis/redis-process.ts";
import type { RedisProxy } from "../support/redis/redis-proxy.ts";
import type { NetworkFault, PlannedFault } from "./plan.ts";
import { chosen } from "./world.ts";
import { lasts } from "./lasts.ts";

/** What a fault between the nodes and Redis can reach. */
export interface NetworkParts {
  /** What stands before the servers for one node. */
  readonly proxies: readonly RedisProxy[];
  /** The servers that run now. */
  readonly servers: readonly RedisProcess[];
}

type Strike = (parts: NetworkParts, fault: PlannedFault) => Promise<unknown>;

const mostDelayMs = 120;
const bytesPerSecond: readonly number[] = [2000, 10_000, 50_000];
const inFlightDelayMs = 25;

const strikes: Readonly<Record<NetworkFault, Strike>> = {
  delay: async ({ proxies }, { dice, lengthMs }) => {
    for (const proxy of proxies) proxy.delay(1 + Math.floor(dice * mostDelayMs));
    await lasts(lengthMs);
    for (const proxy of proxies) proxy.delay(0);
  },
  cut: async ({ proxies }) => {
    for (const proxy of proxies) proxy.cut();
  },
  "cut off": async ({ proxies }, { lengthMs }) => {
    isolate(proxies);
    await lasts(lengthMs);
    await Promise.all(proxies.map((proxy) => proxy.accept()));
  },
  throttle: async ({ proxies }, { dice, lengthMs }) => {
    for (const proxy of proxies) proxy.throttle(chosen(bytesPerSecond, dice));
    await lasts(lengthMs);
    for (const proxy of proxies) proxy.throttle(undefined);
  },
  "half-open": async ({ proxies }, { lengthMs }) => {
    for (const proxy of proxies) proxy.halfOpen();
    await lasts(lengthMs);
    for (const proxy of proxies) proxy.thaw();
  },
  "half-open and cut": async ({ proxies }, { lengthMs }) => {
    for (const proxy of proxies) proxy.halfOpen();
    await lasts(lengthMs);
    for (const proxy of proxies) {
      proxy.cut();
      proxy.thaw();
    }
  },
  "lost answers": async ({ proxies }, { dice }) => {
    // It happens when the next publishes come; nobody waits for it.
    for (const proxy of proxies) proxy.cutAfterExecuting(1 + Math.floor(dice * 12), "evalsha").catch(() => {});
  },
  "CLIENT KILL of subscribers": ({ servers }, { dice }) => killClients(servers, isSubscriber, dice),
  "CLIENT KILL of publishers": async ({ proxies, servers }, { dice }) => {
    // Held up on their way, so that commands are in flight.
    for (const proxy of proxies) proxy.delay(inFlightDelayMs);
    await lasts(2 * inFlightDelayMs);
    await killClients(servers, isPublisher, dice);
    for (const proxy of proxies) proxy.delay(0);
  },
  "SCRIPT FLUSH": ({ servers }) => Promise.allSettled(servers.map(({ control }) => control.script("FLUSH"))),
};

/** Breaks something between the nodes and Redis, and mends it. */
export async function strikeNetwork(parts: NetworkParts, fault: PlannedFault<NetworkFault>): Promise<void> {
  await strikes[fault.name](parts, fault);
}

/** Cuts what is behind these proxies off, until `healNetwork`. */
export function isolate(proxies: readonly RedisProxy[]): void {
  for (const proxy of proxies) {
    proxy.refuse();
    proxy.cut();
  }
}

/** Ends everything that `strikeNetwork` can have begun. */
export async function healNetwork(proxies: readonly RedisProxy[]): Promise<void> {
  for (const proxy of proxies) {
    proxy.delay(0);
    proxy.throttle(undefined);
    proxy.thaw();
    await proxy.accept();
  }
}

type Client = ReadonlyMap<string, string>;

const isSubscriber = (client: Client): boolean =>
  Number(client.get("sub") ?? 0) + Number(client.get("ssub") ?? 0) > 0 && !isSentinel(client);

const isPublisher = (client: Client): boolean => /^(evalsha|publish|spublish)$/.test(client.get("cmd") ?? "");

const isSentinel = (client: Client): boolean => (client.get("name") ?? "").startsWith("sentinel");

/** One of them on every server, or all; a server that is down has none. */
async function killClients(
  servers: readonly RedisProcess[],
  isMeant: (client: Client) => boolean,
  dice: number,
): Promise<void> {
  await Promise.allSettled(
    servers.map(async ({ control }) => {
      const meant = (await clientsOf(control)).filter(isMeant);
      if (meant.length === 0) return;
      const killed = dice < 0.5 ? meant : [chosen(meant, (dice - 0.5) * 2)];
      await Promise.allSettled(killed.map((client) => control.client("KILL", "ID", client.get("id")!)));
    }),
  );
}

async function clientsOf(redis: Redis): Promise<readonly Client[]> {
  const lines = String(await redis.client("LIST"))
    .trim()
    .split("\n");
  return lines.map((line) => new Map(line.split(" ").map((pair) => pair.split("=", 2) as [string, string])));
}
