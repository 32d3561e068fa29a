import type { RedisLocation } from "@solent/redis-layer";
import type { RedisProcess } from "../support/redis/redis-process.ts";
import type { RedisProxies } from "../support/redis/redis-proxies.ts";

/** What Redis runs as. */
export const topologies = ["single", "sentinel", "cluster"] as const;
export type Topology = (typeof topologies)[number];

/** What one fault of the servers is told beside its name. */
export interface Blow {
  /** How long what is broken stays broken. */
  readonly lengthMs: number;
  /** From 0 to below 1, of the seed: which one, where there are several. */
  readonly dice: number;
  /** What the channels of this run begin with. */
  readonly prefix: string;
  /** Cuts one node off from all servers. */
  readonly isolate: () => void;
  /** Ends `isolate`. */
  readonly rejoin: () => Promise<void>;
}

/** A fault of the servers of a topology. */
export interface ServerFault {
  /** Whether two servers may accept messages of one group in the meantime. */
  readonly splits: boolean;
  /** Breaks something, and mends it: resolves when the servers are well again. */
  readonly strike: (blow: Blow) => Promise<void>;
}

/** Redis servers that a run may break, on which layers find their groups. */
export interface World extends AsyncDisposable {
  /** What layers connect to, so that proxies can stand before it. */
  readonly addresses: readonly string[];
  readonly faults: Readonly<Record<string, ServerFault>>;
  /** The servers with data that run now. */
  readonly running: readonly RedisProcess[];
  /** Where a layer finds them, through its proxies. */
  location(proxies: RedisProxies): RedisLocation;
  /** Resolves when all servers are there and agree on what each is. */
  settled(): Promise<void>;
  /** Whether a further run can have it. */
  readonly isReusable: boolean;
}

/** The servers did not do what they were told, in all the time they had: nothing can be said of the layer then. */
export class ServersInTrouble extends Error {}

/** The element that the dice fall on. */
export function chosen<Value>(values: readonly Value[], dice: number): Value {
  const value = values[Math.floor(dice * values.length)];
  if (value === undefined) throw new Error("there is nothing to choose from");
  return value;
}
