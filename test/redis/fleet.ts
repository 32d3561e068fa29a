import type { RedisLocation, RedisPubSubChannelLayerOptions } from "@solent/redis-layer";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { endAll } from "../support/redis/redis-process.ts";

let fleets = 0;

export interface FleetOptions extends Omit<RedisPubSubChannelLayerOptions, "redis" | "onProblem"> {
  readonly nodes?: number;
}

/** Several nodes of one deployment, under a prefix that nobody else uses. They end with the test. */
export class Fleet implements AsyncDisposable {
  readonly prefix: string;
  readonly layers: RedisPubSubChannelLayer[] = [];
  /** What the nodes reported: for operators. */
  readonly problems: string[] = [];

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Makes one more node; it may not be connected yet. */
  add(redis: RedisLocation, options: RedisPubSubChannelLayerOptions = {}): RedisPubSubChannelLayer {
    const onProblem = (problem: Error, server: string): void =>
      void this.problems.push(`${server}: ${problem.message}`);
    const layer = new RedisPubSubChannelLayer({ prefix: this.prefix, ...options, redis, onProblem });
    this.layers.push(layer);
    return layer;
  }

  /** Waits until all nodes are connected, and everything that was sent has arrived. */
  async settle(): Promise<void> {
    await Promise.all(this.layers.map((layer) => layer.ready()));
    // What arrives at one node may make it answer another.
    for (let round = 0; round < 3; round += 1) await Promise.all(this.layers.map((layer) => layer.settled()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.layers);
  }
}

/** A deployment without nodes. */
export function emptyFleet(): Fleet {
  fleets += 1;
  return new Fleet(`fleet${process.pid}.${fleets}`);
}

/** Nodes that are connected, all to the same place. */
export async function fleet(redis: RedisLocation, { nodes = 2, ...options }: FleetOptions = {}): Promise<Fleet> {
  const all = emptyFleet();
  for (let i = 0; i < nodes; i += 1) all.add(redis, options);
  await Promise.all(all.layers.map((layer) => layer.ready()));
  return all;
}
