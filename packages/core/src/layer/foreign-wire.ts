import type { EventData } from "./message.ts";

/** How the channels of a node are called. */
export interface NodeNames {
  /** The name of this node in them. Constant. */
  readonly node: string;
  /**
   * A name for a channel of this node that is never given again.
   *
   * @param prefix what it begins with; ends in a dot. Where not given, what all names begin with.
   * @throws {SolentError} NAME_INVALID when the prefix cannot begin a name.
   */
  next(prefix?: string): string;
  /** The node in the name of a member's channel, any text where it cannot be told; `undefined` for a plain channel. */
  nodeOf(channel: string): string | undefined;
}

/** How an event is written where other systems read it too: its type and its fields, and nothing about it. */
export interface EventFormat {
  /** @throws {SolentError} EVENT_INVALID when something in the fields cannot be written, naming the place and the rule. */
  encode(type: string, data: EventData): Uint8Array;
  /** What the bytes hold; `undefined` when that is no event. The hub checks both parts. Never throws. */
  decode(bytes: Uint8Array): { readonly type: unknown; readonly data: unknown } | undefined;
}

/** What a layer needs to speak with nodes that are not Solent's: with a broker whose `envelopes` are `false`. */
export interface ForeignWire {
  /** How channels are called there. */
  readonly names: NodeNames;
  /** How events are written there, in groups and for single channels alike. */
  readonly format: EventFormat;
}
