import type { RedisLocation } from "@solent/redis-layer";
import { eventually } from "../support/redis/eventually.ts";
import { type RedisCluster, redisCluster } from "../support/redis/redis-cluster.ts";
import type { RedisProcess } from "../support/redis/redis-process.ts";
import type { RedisProxies } from "../support/redis/redis-proxies.ts";
import { type Blow, chosen, type ServerFault, type World } from "./world.ts";
import { lasts } from "./lasts.ts";

const failoverPatience = { patienceMs: 40_000 };

/** Three primaries, each with a replica. */
class ClusterWorld implements World {
  readonly isReusable = true;
  readonly #cluster: RedisCluster;

  readonly faults: Readonly<Record<string, ServerFault>> = {
    "Cluster failover by command": { splits: true, strike: (blow) => this.#byCommand(blow) },
    "kill of a primary": { splits: true, strike: (blow) => this.#byKill(blow) },
    "Cluster failover to a stale replica": { splits: true, strike: (blow) => this.#toStale(blow, false) },
    "Cluster failover to a stale replica, a node cut off with it": {
      splits: true,
      strike: (blow) => this.#toStale(blow, true),
    },
    "slot migration": { splits: false, strike: (blow) => this.#migrate(blow) },
  };

  constructor(cluster: RedisCluster) {
    this.#cluster = cluster;
  }

  get addresses(): readonly string[] {
    return this.#cluster.nodes.map(({ address }) => address);
  }

  get running(): readonly RedisProcess[] {
    return this.#cluster.running;
  }

  location(proxies: RedisProxies): RedisLocation {
    const seeds = this.#cluster.nodes.slice(0, 3).map((node) => proxies.before(node).url);
    return { cluster: seeds, addressMap: proxies.natMap };
  }

  settled(): Promise<void> {
    return this.#cluster.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster[Symbol.asyncDispose]();
  }

  async #byCommand(blow: Blow): Promise<void> {
    await this.#cluster.failover(await this.#slot(blow));
    await this.#cluster.settled();
  }

  async #byKill(blow: Blow): Promise<void> {
    const { killed } = await this.#cluster.killPrimary(await this.#slot(blow));
    await lasts(blow.lengthMs);
    await killed.restart({ keepData: true });
    await this.#cluster.settled();
  }

  async #toStale(blow: Blow, withNode: boolean): Promise<void> {
    const slot = await this.#slot(blow);
    const old = await this.#cluster.primaryOf(slot);
    const replicas = await this.#cluster.replicasOf(old);
    if (withNode) blow.isolate();
    for (const replica of replicas) await replica.loseLink();
    await lasts(blow.lengthMs);
    await old.kill();
    const isPassed = async (): Promise<boolean> => (await this.#cluster.primaryOf(slot)) !== old;
    await eventually("a stale replica has been promoted", isPassed, failoverPatience);
    if (withNode) await blow.rejoin();
    for (const replica of replicas) await replica.regainLink();
    await old.restart({ keepData: true });
    await this.#cluster.settled();
  }

  // Each step leaves time for messages: before the key has moved, between the two servers, and after.
  async #migrate(blow: Blow): Promise<void> {
    const slot = await this.#slot(blow);
    const from = await this.#cluster.primaryOf(slot);
    const others = new Set<RedisProcess>();
    for (const other of [0, 5461, 10_923, 16_383]) others.add(await this.#cluster.primaryOf(other));
    others.delete(from);
    const move = await this.#cluster.beginMove(slot, chosen([...others], blow.dice));
    await lasts(blow.lengthMs / 3);
    await move.moveKeys();
    await lasts(blow.lengthMs / 3);
    await move.assign();
    await lasts(blow.lengthMs / 3);
  }

  /** The slot of something that somebody listens to: a group, or the inbox of a node. */
  async #slot({ prefix, dice }: Blow): Promise<number> {
    return eventually("somebody listens to something", async () => {
      const channels = new Set<string>();
      for (const { control } of this.running) {
        for (const channel of (await control.call("PUBSUB", "SHARDCHANNELS", `${prefix}{*`)) as string[]) {
          channels.add(channel);
        }
      }
      // Mostly a group: there are fewer of them than of other channels.
      const groups = [...channels].filter((channel) => /\}room/.test(channel)).toSorted();
      const pool = groups.length > 0 && dice < 0.8 ? groups : [...channels].toSorted();
      return pool.length > 0 && this.#cluster.slotOf(chosen(pool, (dice * 10) % 1));
    });
  }
}

/** Starts a Cluster of six. */
export async function clusterWorld(): Promise<World> {
  return new ClusterWorld(await redisCluster({ nodeTimeoutMs: 800 }));
}
