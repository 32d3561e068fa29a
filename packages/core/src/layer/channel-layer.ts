import type { Channel } from "./channel.ts";
import type { ChannelArguments, EventArguments, EventContract, EventTypeOf } from "./contract-group.ts";
import type { Message } from "./event.ts";
import type { DeliveryCounters, OverflowPolicy } from "./mailbox.ts";
import type { Member, Seat } from "./member.ts";
import type { EventData, LayerMessage, LeasedMessage } from "./message.ts";
import type { ReceiveOptions } from "./readers.ts";

export type { Member, Seat };

/** Options of one send to a group. */
export interface GroupSendOptions {
  /** Channel names that do not get it, wherever they are. */
  readonly except?: string | readonly string[] | undefined;
}

/** Options of a new channel. */
export interface NewChannelOptions {
  /** What the name begins with; ends in a dot. Default `"specific."`. */
  readonly prefix?: string;
}

/** An event as the framework publishes it. */
export interface GroupEvent extends GroupSendOptions {
  /** The event's type. */
  readonly type: string;
  /** Its fields; copied before this returns, so the caller may change them afterwards. */
  readonly data: EventData;
  /** The channel name of the sender. */
  readonly sender?: string | undefined;
  /** The contract that `data` was validated with; a member of the same contract and process need not validate again. */
  readonly validatedBy?: unknown;
  /** Whether its loss needs no notice: it gets no position and may be dropped without one. */
  readonly volatile?: boolean;
}

/** Which part of what a group remembers is read. */
export interface HistoryRead {
  /** A position to begin at; its event is not part of it. The oldest, or with `reverse` the newest, where not given. */
  readonly since?: string | undefined;
  /** At most so many. Default 100. */
  readonly limit?: number | undefined;
  /** Whether it goes back in time, newest first. Default `false`. */
  readonly reverse?: boolean | undefined;
}

/** An event that a group remembers. */
export interface RememberedEvent {
  readonly type: string;
  readonly data: EventData;
  /** The channel name of who sent it; `undefined` when it came from outside a consumer. */
  readonly sender: string | undefined;
  readonly position: string;
}

/** A part of what a group remembers. */
export interface GroupHistory {
  /** Oldest first, with `reverse` newest first. */
  readonly events: readonly RememberedEvent[];
  /** Whether nothing is missing between `since` and the first of them; `false` without `since`. */
  readonly isComplete: boolean;
  /** Where the group stands; `undefined` for one without events. */
  readonly position: string | undefined;
}

/** A group seen from outside a consumer, typed by a contract. */
export interface GroupSender<Contract extends EventContract> {
  /** The group's name. */
  readonly name: string;
  /**
   * Sends an event to every member; as `ChannelLayer.groupSend`, and checked against the contract first.
   *
   * @throws {SolentError} CONTRACT_MISMATCH, EVENT_INVALID and what `groupSend` throws.
   */
  send<Type extends EventTypeOf<Contract>>(type: Type, ...rest: EventArguments<Contract, Type>): Promise<void>;
}

/** A channel seen from outside its consumer, typed by a contract. */
export interface ChannelSender<Contract extends EventContract> {
  /** The channel's name. */
  readonly name: string;
  /**
   * Sends an event to the channel; as `ChannelLayer.send`, and checked against the contract first.
   *
   * @throws {SolentError} CONTRACT_MISMATCH, EVENT_INVALID and what `send` throws.
   */
  send<Type extends EventTypeOf<Contract>>(type: Type, ...rest: ChannelArguments<Contract, Type>): Promise<void>;
}

/** What a layer can beyond the guarantees that every layer gives. */
export interface LayerCapabilities {
  /** Events of groups carry positions: duplicates and holes are found at every event, not only after a reconnect. */
  readonly offsets: boolean;
  /** Groups can remember events for members that come back: those that the option `history` names do. */
  readonly history: boolean;
  /** Groups can tell who is in them. */
  readonly presence: boolean;
  /** A send tells how many nodes it reached, so that a node finds a lost subscription of its own at its next send. */
  readonly receivers: boolean;
  /**
   * Messages travel in envelopes of Solent's own, with their sender, who is excepted and an id against duplicates, and nodes
   * answer each other. Always, but for a layer that speaks the format of another system. There `except` is refused; neither
   * the sender arrives nor that an event is volatile; a direct send to another node resolves when that node was reached; another node's channel cannot be put into a
   * group; and `flush` empties this node alone.
   */
  readonly envelopes: boolean;
  /**
   * Plain channels are queues that all nodes share: each message goes to one reader of one node, waits also when no node is
   * there, and expires by the store's clock. Without it each node has queues of its own.
   */
  readonly queues: boolean;
}

/** Counts since the layer was made, except where it says "now". */
export interface LayerStats {
  /** Channels now: seats of consumers, channels opened by hand, plain channels in use. */
  readonly channels: number;
  /** Groups with members on this node, now. */
  readonly groups: number;
  /** Memberships on this node, now. */
  readonly memberships: number;
  /**
   * Messages that wait in channels opened by hand and plain channels of this node, now. Neither inboxes of consumers nor queues
   * that all nodes share are in it.
   */
  readonly queued: number;
  /** Readers that wait for a message, now. */
  readonly readers: number;
  /** Messages that wait for their turn in the hub, joins and calls that wait for other nodes, now. */
  readonly waiting: number;
  /** Events that this node sent to groups. */
  readonly published: number;
  /** Messages that members on this node took. */
  readonly delivered: number;
  /** Events that a member refused whose sender is not told: those of groups, and without `envelopes` those for one channel. */
  readonly refused: number;
  /** Messages dropped because a member was full. */
  readonly dropped: number;
  /** Messages that were too old when their turn came. */
  readonly expired: number;
  /** Messages replaced by a newer one of the same type and key. */
  readonly replaced: number;
  /** Messages that arrived twice; the second was not delivered. */
  readonly duplicates: number;
  /** Holes that the members of a group were told about. */
  readonly gaps: number;
  /** Holes in what other nodes sent to this one: direct sends, whose senders were told, and answers that never came. */
  readonly inboxGaps: number;
  /** Messages in an envelope of a version that this node does not know; not delivered. */
  readonly unknownVersion: number;
  /** Messages that no envelope could be read from; not delivered. */
  readonly malformed: number;
  /** Members that threw when a message was delivered to them. */
  readonly faults: number;
  /** Messages that workers gave up: they were handed out again and again, and never dealt with. */
  readonly abandoned: number;
}

/**
 * How messages reach consumers: by channel name, or as a group. This interface is the specification of a layer.
 *
 * Every layer MUST give these guarantees, and `layerConformance` proves them:
 *
 * - At most once: no member gets a message twice, and no message of a plain channel reaches two readers.
 * - Never silently less: an event of a group that a member misses is followed, at the place of the hole and once, by a
 *   `group.gap` notice, or the member is ended; volatile events excepted. A refused direct send rejects.
 * - One order per group: every member on every node gets the events of a group in the same order, the sender included.
 *   Between direct sends and group sends, and between groups, there is no promise.
 * - Never re-entrant: what a member sends while a message is being delivered is delivered after it.
 * - Nothing is unbounded: what is over a limit rejects with a code, or is counted and signalled.
 * - Events are frozen snapshots: neither sender nor receiver can change what others get.
 *
 * Names are 1 to 99 ASCII letters, digits, `-`, `_` and `.`; a channel name may have one `!`, before the part that only
 * its node knows. Event types have at least one dot and segments of lower-case letters and digits; the first segments
 * `websocket http lifespan group presence layer channel solent` are reserved. All times are milliseconds. Whatever is
 * called after `close` rejects with LAYER_CLOSED.
 */
export interface ChannelLayer extends AsyncDisposable {
  /** What it can beyond these guarantees. */
  readonly capabilities: LayerCapabilities;

  /**
   * Sends a message to one channel.
   *
   * A name with a `!` belongs to a member: it resolves when the member took the message. A plain name is a queue that
   * readers share: it resolves when the message is queued, and each message goes to one reader, or expires unread.
   * Nothing else is dropped to make room.
   *
   * @throws {SolentError} NAME_INVALID, EVENT_INVALID, MESSAGE_TOO_LARGE; CHANNEL_FULL when the member or queue holds its
   *   capacity already; CHANNEL_UNREACHABLE when a name with a `!` belongs to nobody; LAYER_BUSY when too many plain
   *   channels are in use or too much is in flight; LAYER_UNAVAILABLE when surely nothing was sent; LAYER_UNCERTAIN when
   *   the other node did not answer in time; LAYER_CLOSED.
   */
  send(channel: string, message: Message): Promise<void>;

  /**
   * Takes the next message of a plain channel, or of a channel of this node that was opened by hand.
   *
   * Readers of a node are served in the order they came, messages in the order they were sent. A reader that gives up takes
   * nothing with it. With `queues` all nodes' readers of a plain channel compete, and a reader waits through lost connections.
   *
   * @throws {SolentError} NAME_INVALID, also for another node's name; CHANNEL_UNREACHABLE for a name of this node that
   *   does not exist; CHANNEL_TIMEOUT; LAYER_BUSY with too many readers; LAYER_UNAVAILABLE and LAYER_UNCERTAIN only with
   *   `timeoutMs: 0`; LAYER_CLOSED. The signal's reason when it aborts.
   */
  receive(channel: string, options?: ReceiveOptions): Promise<Message>;

  /** As `receive`, with what is known about the message beside its fields. For workers. */
  take(channel: string, options?: ReceiveOptions): Promise<LayerMessage>;

  /** As `take`, and with `queues` the message of a plain channel is not gone before it is settled. For workers. */
  lease(channel: string, options?: ReceiveOptions): Promise<LeasedMessage>;

  /**
   * Opens a channel with a name of its own. It exists until `close`, and leaves its groups then.
   *
   * @throws {SolentError} NAME_INVALID, LAYER_CLOSED
   */
  newChannel(options?: NewChannelOptions): Promise<Channel>;

  /**
   * Puts a channel into a group. When it resolves, every later `groupSend` from any node is received, or a gap is
   * signalled. Harmless when it is in there already.
   *
   * The membership of a plain channel ends when nobody on this node has read it or added it to a group for `groupExpiryMs`;
   * that of an existing member never ends by itself. With `queues` an event reaches the queue once, however many nodes have
   * added it.
   *
   * @throws {SolentError} NAME_INVALID, CHANNEL_UNREACHABLE, LAYER_BUSY, LAYER_UNAVAILABLE, LAYER_UNCERTAIN, LAYER_CLOSED
   */
  groupAdd(group: string, channel: string): Promise<void>;

  /**
   * Takes a channel out of a group. Once it has resolved nothing sent to the group is delivered to it. Harmless when it
   * is not in there.
   *
   * @throws {SolentError} NAME_INVALID, LAYER_UNAVAILABLE, LAYER_UNCERTAIN, LAYER_CLOSED
   */
  groupDiscard(group: string, channel: string): Promise<void>;

  /**
   * Sends an event to every member of a group, on all nodes, the sender included; a group nobody is in is fine.
   *
   * Resolves when the layer has accepted the event, not when it is delivered. A full member never makes it reject: the
   * overflow policy decides there.
   *
   * @throws {SolentError} NAME_INVALID, EVENT_INVALID (also for `except` without `envelopes`), MESSAGE_TOO_LARGE, LAYER_BUSY;
   *   LAYER_UNAVAILABLE when surely nothing was sent; LAYER_UNCERTAIN when that is not known; LAYER_CLOSED.
   */
  groupSend(group: string, message: Message, options?: GroupSendOptions): Promise<void>;

  /**
   * Reads what a group remembers; nothing where it remembers nothing.
   *
   * @throws {SolentError} NAME_INVALID, CONFIG_INVALID for a `limit` that is no positive whole number, LAYER_UNAVAILABLE,
   *   LAYER_CLOSED
   */
  history(group: string, options?: HistoryRead): Promise<GroupHistory>;

  /**
   * A group seen from outside a consumer, typed and checked by a contract.
   *
   * @throws {SolentError} NAME_INVALID
   */
  group<Contract extends EventContract>(contract: Contract, name: string): GroupSender<Contract>;

  /**
   * A channel seen from outside its consumer, typed and checked by a contract.
   *
   * @throws {SolentError} NAME_INVALID
   */
  channel<Contract extends EventContract>(contract: Contract, name: string): ChannelSender<Contract>;

  /**
   * Empties every channel and every group, on all nodes. Readers keep waiting, members keep their names; inboxes of
   * consumers are theirs.
   *
   * @throws {SolentError} LAYER_UNAVAILABLE, LAYER_CLOSED
   */
  flush(): Promise<void>;

  /** Ends the layer: waiting readers reject with LAYER_CLOSED, memberships end, connections close. Harmless twice. */
  close(): Promise<void>;

  /** Counts, for metrics and tests. */
  stats(): LayerStats;

  // For the framework

  /**
   * Gives a member a channel name and a place.
   *
   * @throws {SolentError} LAYER_CLOSED
   */
  attach(member: Member): Seat;

  /** What `groupSend` does, with the fields apart from the type. Typed handles use it. */
  publish(group: string, event: GroupEvent): Promise<void>;

  /** How many messages the inbox of a channel may hold. */
  capacityOf(channel: string): number;

  /** How long an unread message is kept. Default 60,000. */
  readonly expiryMs: number;
  /** What happens to an event of a group when a member is full. Default `"disconnect"`. */
  readonly overflow: OverflowPolicy;
  /** The clock that messages expire by. */
  readonly now: () => number;
  /** Where the mailboxes of members count what they did not handle; part of `stats`. */
  readonly counters: DeliveryCounters;
}
