import type { LayerCapabilities } from "./channel-layer.ts";
import type { HistoryPolicy } from "./history-policy.ts";

/**
 * Where an event stands in its group: an opaque, versioned text that only the broker which made it understands.
 *
 * It must tell apart two events that got the same place, as happens when a stale copy of the store takes over: it holds
 * at least an epoch, a number and the event's id.
 */
export type Position = string;

/**
 * How an event's position relates to the one before it.
 *
 * - `"next"`: it follows immediately; also the first event ever, when there was none before.
 * - `"same"`: it is the same event.
 * - `"past"`: of the same epoch, and not after the one before. Whether it is a duplicate only its id can tell.
 * - `"gap"`: of the same epoch, and events between the two are missing.
 * - `"fresh"`: the first event of another epoch.
 * - `"break"`: of another epoch, and not its first event; or of this one, at the same number but another event.
 */
export type PositionRelation = "next" | "same" | "past" | "gap" | "fresh" | "break";

/** What is lost or restored: everything of this node, its inbox included, or the subscriptions of some groups. */
export type BrokerScope = "all" | readonly string[];

/** An event of a group as it arrives. */
export interface BrokerMessage {
  readonly group: string;
  /** The id that its publisher gave it; `undefined` where the wire format has none: duplicates are not found then. */
  readonly id: string | undefined;
  /** Its position; `undefined` for a volatile event and where the broker keeps none. */
  readonly position: Position | undefined;
  readonly bytes: Uint8Array;
}

/** What a hub hears from its broker. None of these throws or waits; a broker may call them at any time after `start`. */
export interface BrokerSink {
  /** An event of a subscribed group has arrived. Calls are in the order of the group. */
  message(message: BrokerMessage): void;
  /**
   * Another node has sent something to this node's inbox.
   *
   * @param channel without `envelopes`, the channel of this node that it was sent to.
   */
  inbox(id: string | undefined, bytes: Uint8Array, channel?: string): void;
  /** Something that other nodes sent to this node's inbox is lost. Who sent it hears of it, or asks in vain until a deadline. */
  inboxLost(): void;
  /**
   * Subscriptions are gone, or can no longer be trusted. Everything subscribed in that scope counts as not subscribed from
   * here on, and commands in flight for it as failed: the hub subscribes again after `restored`.
   */
  lost(scope: BrokerScope, cause: "reconnect" | "loss"): void;
  /** Commands of that scope work: called once the broker is ready for the first time, and after every `lost`. */
  restored(scope: BrokerScope): void;
  /**
   * There may be something in a queue that is watched: something came in or was given back, the watch has just become true,
   * or it did so again after it was lost.
   */
  queued(queue: string): void;
}

/** How an event is published. */
export interface PublishOptions {
  /** The event's id, unique in the cluster: arrives with it, and makes a repeated attempt recognisable. */
  readonly id: string;
  /** It needs no position, no history, and no second attempt. */
  readonly volatile: boolean;
  /** How much its group remembers; `undefined` for nothing. Only with `history`. */
  readonly keep?: HistoryPolicy | undefined;
}

/** What is known about a published event. */
export interface Published {
  /** Its position, where the broker was told; `undefined` for a volatile event and without `offsets`. */
  readonly position?: Position | undefined;
  /** How many nodes it reached, this one included; `undefined` without `receivers`. */
  readonly receivers?: number | undefined;
}

/** The answer for one group of a `subscribe`. */
export interface Subscribed {
  /**
   * The position at the cut: every later event arrives, no earlier one is promised. `undefined` when the group has never
   * had an event, and without `offsets`.
   */
  readonly position?: Position | undefined;
  /**
   * Which life of the store has answered; compared with `===`. Another one than before may be a copy that lacks what the one
   * before had accepted last, though the position is the same: copies are made after the answer. Not given by a broker whose
   * store loses nothing it has accepted.
   */
  readonly store?: string | undefined;
  /** It is not subscribed, and nothing is wrong with it: its server is away. The hub tries again. */
  readonly isUnavailable?: boolean | undefined;
  /** Why this group cannot be subscribed, where the others can: a permission, a name. The hub rejects the joins. */
  readonly error?: Error | undefined;
}

/** Which part of what a group remembers is asked for. */
export interface HistoryOptions {
  /** Where to begin; that event itself is not part of it. At the oldest, or the newest, where not given. */
  readonly from?: Position | undefined;
  /** Which way to go from there, and in which order the events come. */
  readonly direction: "newer" | "older";
  /** At most so many. */
  readonly limit: number;
  /** None that is older by the clock of the store, in ms. */
  readonly maxAgeMs: number;
}

/** A part of what a group remembers. */
export interface HistoryPage {
  /** In the order that was asked for. */
  readonly messages: readonly BrokerMessage[];
  /**
   * Whether nothing is missing between `from` and the first of them, nor between two of them: `from` is the very event that
   * stands at its place, or the newest there ever was. Never `true` by guess, nor without `from`.
   */
  readonly isComplete: boolean;
  /** The newest position of the group, remembered or not; `undefined` where there is none. */
  readonly top: Position | undefined;
}

/** How a message is put into a queue. */
export interface PushOptions {
  /** Unique in the cluster. A second message of the same id is taken, and is not there twice, for `expiryMs`. */
  readonly id: string;
  /** How many messages may wait in the queue; those that are leased do not count. `Infinity` for no limit. */
  readonly capacity: number;
  /** How long it waits unread, by the clock of the store, in ms. */
  readonly expiryMs: number;
  /**
   * Of which group it is an event whose loss must be told: when it is refused or gets too old, a hole stands in its place. Of
   * one group there is at most one between two messages.
   */
  readonly group?: string | undefined;
}

/** A message of a queue, leased to this node. */
export interface QueuedMessage {
  readonly id: string;
  /** How often it was leased and not given back, this time included. */
  readonly attempts: number;
  readonly bytes: Uint8Array;
}

/** A hole in a queue: it is gone with the pull that found it. */
export interface QueuedHole {
  readonly group: string;
  readonly cause: "overflow" | "expired";
}

/** For whom and for how long messages are leased. */
export interface LeaseOptions {
  /** At most so many messages, the oldest first; holes do not count. */
  readonly count: number;
  /** How long they are this node's alone unless they are kept, in ms of the store's clock. */
  readonly leaseMs: number;
  /** What this node holds of the queue: what else is leased to it got lost on the way, and goes back first. */
  readonly held?: readonly string[] | undefined;
}

/** What was in a queue. */
export interface Pulled {
  /** Messages and holes, in their order. */
  readonly items: readonly (QueuedMessage | QueuedHole)[];
  /** How many messages were found too old, and are gone. */
  readonly expired: number;
  /** Whether there may be more, though fewer messages came than were asked for. */
  readonly isMore: boolean;
}

/** What becomes of leased messages, by their ids. What is not leased to this node any more is passed over. */
export interface Settlement {
  /** They are done with, and gone. */
  readonly done: readonly string[];
  /** Nobody was given them: they stand where they stood, and the attempt does not count. */
  readonly returned: readonly string[];
  /** They are in work still: their lease begins anew. */
  readonly kept: readonly string[];
  /** How long the lease of the kept is, in ms. */
  readonly leaseMs: number;
}

/**
 * Queues that all nodes share, under any text of up to 100 ASCII characters without control characters.
 *
 * A message is in one place: it waits, or it is leased to one node. When a lease is over, whoever pulls next finds the message
 * where it stood, which is before all that came later, and its time to wait begins anew. Messages that one node
 * pushes keep the order of the calls. What waits survives all nodes. As elsewhere, what is rejected with
 * LAYER_UNAVAILABLE surely had no effect.
 */
export interface BrokerQueues {
  /** Puts a message at the end. Resolves when the store has it, or has refused it because the queue is full. */
  push(queue: string, bytes: Uint8Array, options: PushOptions): Promise<"taken" | "full">;
  /** Leases messages to this node. The hub has at most one `pull` in flight for any one queue. */
  pull(queue: string, options: LeaseOptions): Promise<Pulled>;
  /** Settles what was leased. Harmless when it is done twice, so the hub repeats it when it failed. */
  settle(queue: string, settlement: Settlement): Promise<void>;
  /** From now on, or no more, the sink hears when something may be in the queue. Tried until it is true. */
  watch(queue: string, isWatched: boolean): void;
  /** Empties all queues there are. */
  clear(): Promise<void>;
}

/**
 * Carries groups and inboxes between nodes: what a hub needs of NATS, Redis, Postgres, or a channel to the process next
 * door. This interface is the specification of a broker.
 *
 * A broker speaks in facts and keeps no memberships: which group has which members is the hub's business, and the hub
 * asks for each group once. It promises the hub:
 *
 * - Every promise it gives settles, on its own deadline. A rejection is a `SolentError`: LAYER_UNAVAILABLE when the command
 *   surely had no effect, LAYER_UNCERTAIN when that is not known, LAYER_BUSY when too much is in flight. Anything else counts
 *   as LAYER_UNCERTAIN.
 * - All subscribers of a group get its events in one order, the publisher's own node included, and from its subscription only.
 *   Events that one node publishes to one group keep the order of the calls.
 * - On an unbroken subscription nothing is lost without `lost`, or, with `offsets`, without a visible gap in the positions.
 *   It may deliver an event twice, under the same id.
 * - Group and node names may be any text of up to 120 ASCII characters without control characters, `!` among them.
 *
 * And the hub promises the broker: at most one `subscribe` or `unsubscribe` in flight for any one group; names in one call are
 * distinct and at most 500; `start` is called once and first.
 *
 * Several brokers can exist in one process, and one may stand on another: nothing here is global.
 */
export interface Broker {
  /** What it can. Constant. Without `offsets` no position is ever given; without `receivers` no count. */
  readonly capabilities: LayerCapabilities;
  /** The largest message in bytes, of `publish` and `send`. Constant. */
  readonly maxMessageBytes: number;

  /** Begins to connect. `node` is the name under which other nodes reach this one's inbox. Does not throw. */
  start(node: string, sink: BrokerSink): void;

  /**
   * Subscribes to groups, one answer a group in the order of the names. Harmless for a group that is subscribed already:
   * it is a new cut.
   *
   * Events may arrive before the answer does; the hub holds them back until it knows the cut.
   *
   * @throws {SolentError} when nothing is known about any of them; the hub tries again.
   */
  subscribe(groups: readonly string[]): Promise<readonly Subscribed[]>;

  /** Ends subscriptions. Events of these groups may arrive until it resolves. */
  unsubscribe(groups: readonly string[]): Promise<void>;

  /**
   * Sends an event to all subscribers of a group. Resolves when the broker has accepted it, not when it is delivered.
   *
   * What the group remembers it does so in one step with the event's position; then a publish whose answer is lost is tried
   * again under its id, and is there once.
   */
  publish(group: string, bytes: Uint8Array, options: PublishOptions): Promise<Published>;

  /**
   * Sends to the inbox of one node; without `envelopes`, to one channel of another node, since bare bytes do not say to which.
   *
   * @param to the node's name; without `envelopes` the channel's.
   * @returns whether somebody listens there; `true` when the broker cannot know.
   */
  send(to: string, bytes: Uint8Array, id: string): Promise<boolean>;

  /**
   * The newest position of each group, in the order of the names; `undefined` where there is none.
   *
   * The answer is a barrier: every event up to it that this node's subscription will deliver at all has been delivered before
   * it resolves. Only called with `offsets`.
   */
  positions(groups: readonly string[]): Promise<readonly (Position | undefined)[]>;

  /** Reads what a group remembers. Only called with `history`. */
  history(group: string, options: HistoryOptions): Promise<HistoryPage>;

  /**
   * Compares the position of an event with the one before it in the same group, `undefined` when there was none.
   *
   * Pure, never throws; a text it does not understand is a `"break"`.
   */
  compare(last: Position | undefined, next: Position): PositionRelation;

  /** Queues that all nodes share; there with the capability `queues`, and only then. */
  readonly queues?: BrokerQueues | undefined;

  /** Ends all subscriptions and connections; promises in flight reject. Harmless when done before. */
  close(): Promise<void>;
}
