import { SolentError } from "../errors/solent-error.ts";
import { Capacities, type ChannelCapacity } from "./capacity.ts";
import { Histories, type HistoryPolicies } from "./history-policy.ts";
import type { OverflowPolicy } from "./mailbox.ts";

/** Options that every layer has. */
export interface ChannelLayerOptions {
  /** How many messages one channel may hold. Default 100. */
  readonly capacity?: number;
  /** Other capacities by channel name: globs or expressions over the full name, the first match wins. */
  readonly channelCapacity?: ChannelCapacity;
  /** What groups remember, by name: `{ "chat.*": { messages: 500, ageMs: 600_000 } }`. The first match wins. Default nothing. */
  readonly history?: HistoryPolicies;
  /** How long an unread message is kept, in ms. Default 60,000. */
  readonly expiryMs?: number;
  /** How long the memberships of a plain channel outlive its last reader, in ms. Default 86,400,000. */
  readonly groupExpiryMs?: number;
  /** What happens to an event of a group when a member is full. Default `"disconnect"`. */
  readonly overflow?: OverflowPolicy;
  /** The largest message, in bytes of JSON; a `Uint8Array` counts its length. Default 1,048,576. */
  readonly maxMessageBytes?: number;
  /** How many messages may wait for delivery in the hub, joins and calls for other nodes. Default 10,000 of each. */
  readonly maxQueuedMessages?: number;
  /** How many plain channels may be in use on this node; where nodes share them, how many it reads, and sends to in `expiryMs`. Default 10,000. */
  readonly maxPlainChannels?: number;
  /** In how many groups one channel may be. Default 10,000. */
  readonly maxGroupsPerChannel?: number;
  /** The clock, in ms; for tests. Default `performance.now`, which no change of the system's time moves. */
  readonly now?: () => number;
  /** Told when a member throws on delivery, which only a fault in Solent or in a member of your own can cause. */
  readonly onFault?: (error: unknown, channel: string) => void;
}

/** Options of a layer with other nodes. */
export interface ClusterOptions {
  /** How long a join may wait to become true, in ms. Default 10,000. */
  readonly joinTimeoutMs?: number | undefined;
  /** How long another node may take to answer a direct send, in ms. Default 5,000. */
  readonly callTimeoutMs?: number | undefined;
  /** How long a node stays subscribed to a group that its last member has left, in ms. Default 1,000. */
  readonly lingerMs?: number | undefined;
  /** How often positions are compared although nothing seems wrong, in ms. Default 30,000. */
  readonly verifyIntervalMs?: number | undefined;
  /**
   * How long a node may be gone before others get what it has in hand of plain channels, in ms. Default 30,000. A node that
   * lives renews it three times in that time.
   */
  readonly leaseMs?: number | undefined;
}

/** Cluster options with every default in place. */
export type ResolvedClusterOptions = Readonly<Record<keyof ClusterOptions, number>>;

/** The defaults of every layer with other nodes. */
export const clusterDefaults: ResolvedClusterOptions = Object.freeze({
  joinTimeoutMs: 10_000,
  callTimeoutMs: 5000,
  lingerMs: 1000,
  verifyIntervalMs: 30_000,
  leaseMs: 30_000,
});

/** Options with every default in place. */
export interface ResolvedLayerOptions extends Required<
  Omit<ChannelLayerOptions, "channelCapacity" | "capacity" | "history">
> {
  readonly capacities: Capacities;
  readonly histories: Histories;
}

/** The defaults of every layer. */
export const layerDefaults: Readonly<
  Required<Omit<ChannelLayerOptions, "channelCapacity" | "history" | "now" | "onFault">>
> = Object.freeze({
  capacity: 100,
  expiryMs: 60_000,
  groupExpiryMs: 86_400_000,
  overflow: "disconnect",
  maxMessageBytes: 1_048_576,
  maxQueuedMessages: 10_000,
  maxPlainChannels: 10_000,
  maxGroupsPerChannel: 10_000,
});

const policies: readonly unknown[] = ["disconnect", "dropOldest", "dropNewest"];

const counts = ["capacity", "maxMessageBytes", "maxQueuedMessages", "maxPlainChannels", "maxGroupsPerChannel"] as const;
const times = ["expiryMs", "groupExpiryMs"] as const;
const functions = ["now", "onFault"] as const;
const names: ReadonlySet<string> = new Set([...Object.keys(layerDefaults), "channelCapacity", "history", ...functions]);

/** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
export function resolveLayerOptions(options: ChannelLayerOptions): ResolvedLayerOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all = { ...layerDefaults, now: monotonic, onFault: ignore, ...given };
  for (const option of Object.keys(given)) {
    if (!names.has(option)) refuse(option, given[option], "there is no such option");
  }
  for (const option of counts) {
    if (!Number.isSafeInteger(all[option]) || all[option] < 1) refuse(option, all[option], "it is a positive integer");
  }
  for (const option of times) {
    if (!(all[option] > 0 && Number.isFinite(all[option])))
      refuse(option, all[option], "it is a positive number of ms");
  }
  for (const option of functions) {
    if (typeof all[option] !== "function") refuse(option, all[option], "it is a function");
  }
  if (!policies.includes(all.overflow))
    refuse("overflow", all.overflow, 'it is "disconnect", "dropOldest" or "dropNewest"');
  const { capacity, channelCapacity, history } = options;
  return {
    ...all,
    capacities: new Capacities(capacity ?? layerDefaults.capacity, channelCapacity),
    histories: new Histories(history),
  };
}

/** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  const resolved: Record<keyof ClusterOptions, number> = { ...clusterDefaults };
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    if (!(option in resolved)) refuse(option, value, "there is no such option");
    const least = option === "lingerMs" ? 0 : 1;
    if (typeof value !== "number" || !(value >= least && Number.isFinite(value))) {
      refuse(option, value, `it is a number of ms, ${least} or more`);
    }
    resolved[option as keyof ClusterOptions] = value;
  }
  return resolved;
}

function refuse(option: string, value: unknown, rule: string): never {
  throw new SolentError("CONFIG_INVALID", { option, value, rule });
}

function monotonic(): number {
  return performance.now();
}

function ignore(): void {
  // The layer counts faults itself.
}
