import type { RedisLocation } from "@solent/redis-layer";
import { eventually } from "../support/redis/eventually.ts";
import type { RedisProcess } from "../support/redis/redis-process.ts";
import type { RedisProxies } from "../support/redis/redis-proxies.ts";
import { type RedisSentinel, redisSentinel } from "../support/redis/redis-sentinel.ts";
import type { Blow, ServerFault, World } from "./world.ts";
import { lasts } from "./lasts.ts";

const failoverPatience = { patienceMs: 50_000 };
const orderAgainMs = 6000;

/** A primary, its replica, and three Sentinels. */
class SentinelWorld implements World {
  readonly isReusable = true;
  readonly #all: RedisSentinel;

  readonly faults: Readonly<Record<string, ServerFault>> = {
    "Sentinel failover by command": { splits: true, strike: () => this.#byCommand() },
    "Sentinel failover by a kill": { splits: true, strike: (blow) => this.#byKill(blow) },
    "Sentinel failover to a stale replica": { splits: true, strike: (blow) => this.#toStale(blow, false) },
    "Sentinel failover to a stale replica, a node cut off with it": {
      splits: true,
      strike: (blow) => this.#toStale(blow, true),
    },
  };

  constructor(all: RedisSentinel) {
    this.#all = all;
  }

  get addresses(): readonly string[] {
    return this.#all.servers.map(({ address }) => address);
  }

  get running(): readonly RedisProcess[] {
    return this.#all.servers.filter(({ isRunning }) => isRunning);
  }

  location({ natMap }: RedisProxies): RedisLocation {
    const sentinels = this.#all.sentinels.map(({ host, port }) => ({ host, port }));
    return { sentinels, name: this.#all.name, options: { natMap } };
  }

  settled(): Promise<void> {
    return this.#all.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#all[Symbol.asyncDispose]();
  }

  // A failover that takes longer than Sentinels allow is given up by them, and they do not try again what was an order.
  async #byCommand(): Promise<void> {
    await this.#all.settled();
    const old = await this.#all.primary();
    let againMs = 0;
    const isPassed = async (): Promise<boolean> => {
      if (performance.now() > againMs) {
        againMs = performance.now() + orderAgainMs;
        await this.#all.sentinels[0]!.control.call("SENTINEL", "FAILOVER", this.#all.name).catch(() => {});
      }
      return (await this.#all.primary()) !== old;
    };
    await eventually("another server is the primary", isPassed, failoverPatience);
    await this.#all.settled();
  }

  async #byKill({ lengthMs }: Blow): Promise<void> {
    const { old } = await this.#all.failover("kill");
    await lasts(lengthMs);
    await old.restart({ keepData: true });
    await this.#all.settled();
  }

  async #toStale(blow: Blow, withNode: boolean): Promise<void> {
    await this.#all.settled();
    const old = await this.#all.primary();
    const replicas = this.running.filter((server) => server !== old);
    if (withNode) blow.isolate();
    for (const replica of replicas) await replica.loseLink();
    await lasts(blow.lengthMs);
    await old.kill();
    const isPassed = async (): Promise<boolean> => (await this.#all.primary()) !== old;
    await eventually("a stale replica has been promoted", isPassed, failoverPatience);
    if (withNode) await blow.rejoin();
    for (const replica of replicas) await replica.regainLink();
    await old.restart({ keepData: true });
    await this.#all.settled();
  }
}

/** Starts a primary with a replica, and three Sentinels that lose their patience fast. */
export async function sentinelWorld(): Promise<World> {
  return new SentinelWorld(await redisSentinel({ downAfterMs: 500 }));
}
