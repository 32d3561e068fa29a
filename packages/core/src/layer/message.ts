/** The fields of an event: a frozen snapshot that only Solent owns. */
export type EventData = Readonly<Record<string, unknown>>;

/** What a handler is told about an event beside its fields. One frozen object for all members. */
export interface EventMeta {
  /** The event's type: `"chat.message"`. */
  readonly type: string;
  /** The group it was sent to; `undefined` for a direct send to a channel name. */
  readonly group: string | undefined;
  /** The channel name of the consumer that sent it; `undefined` when it came from outside a consumer. */
  readonly sender: string | undefined;
  /** Where it stands in its group, opaque; `undefined` where the layer keeps no positions. */
  readonly position: string | undefined;
  /** Whether it was replayed from history. */
  readonly replayed: boolean;
  /** Whether a worker was given it before, and its node died or was cut off before it was done; see `WorkerOptions.delivery`. */
  readonly redelivered: boolean;
}

/** An event on its way to local members: one object a message and node, shared by all of them, never changed. */
export interface LayerMessage {
  readonly data: EventData;
  readonly meta: EventMeta;
  /** The contract the sender validated `data` with, compared by identity; `undefined` when nobody did. */
  readonly validatedBy: unknown;
  /** Whether its loss needs no notice: it was published as volatile. */
  readonly volatile: boolean;
  /** When it is too old to be handled, in milliseconds of the layer's clock. */
  readonly expiresAtMs: number;
  /** The id it travelled under; `undefined` where it did not travel. */
  readonly id?: string | undefined;
}

/** A message that a reader has in hand, and whose loss the layer undoes: another reader gets it when this node dies. */
export interface LeasedMessage {
  readonly message: LayerMessage;
  /** How often it was handed out, this time included; 1 where the layer has no `queues`. */
  readonly attempts: number;
  /**
   * It is dealt with. Without it the message stays this node's for as long as the layer lives.
   *
   * Resolves when the store knows, or can no longer be told: then another reader may get the message.
   */
  settle(): Promise<void>;
  /** It was not dealt with: another reader gets it, or this one again. Resolves as `settle`. Without `queues` it does nothing. */
  giveBack(): Promise<void>;
  /** As `settle`, and counted in `LayerStats.abandoned`. */
  abandon(): Promise<void>;
}

/** Why events of a group are missing. */
export type GapCause =
  /** The member was full. */
  | "overflow"
  /** The member left them unread until they were too old. */
  | "expired"
  /** The layer lost its connection, or a part of it, for a while. */
  | "reconnect"
  /** The layer did not deliver them although its connection was up. */
  | "loss"
  /** Positions began anew, or another copy of the store took over: what was sent last before that may be missing. */
  | "epoch";

/** The fields of a `group.gap` notice, which stands in a member's queue where the missing events would have stood. */
export interface GroupGap {
  readonly group: string;
  /** The position of the last event before the hole, itself not missing; `undefined` where it is not known. */
  readonly from: string | undefined;
  /** The position of the first event known after the hole; `undefined` where it is not known. */
  readonly to: string | undefined;
  readonly cause: GapCause;
}

/** Makes the notice of a hole: one frozen object for every member it concerns. It never expires. */
export function gapNotice(gap: GroupGap): LayerMessage {
  return Object.freeze({
    data: Object.freeze({ ...gap }),
    meta: Object.freeze({
      type: "group.gap",
      group: gap.group,
      sender: undefined,
      position: undefined,
      replayed: false,
      redelivered: false,
    }),
    validatedBy: undefined,
    volatile: false,
    expiresAtMs: Infinity,
  });
}
