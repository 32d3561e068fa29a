import type { Schema } from "./schema.ts";

/**
 * How a message fares with a slow or absent receiver.
 *
 * Absent: in order, at most once, and the layer's and the server's overflow policies decide. `"volatile"`: dropped first.
 * `"latest"`: only the newest of each `key` waits. `"atLeastOnce"` and `"once"`: never dropped; who cannot take it is
 * disconnected. Nothing is repeated after a reconnect yet.
 */
export type Delivery = "volatile" | "latest" | "atLeastOnce" | "once";

/** Every word that `delivery` understands. */
export const deliveries: readonly Delivery[] = ["volatile", "latest", "atLeastOnce", "once"];

/** The schema of what an error code carries, or `{}` for a code that carries nothing. */
export type ErrorDefinition = Schema | { readonly data?: Schema };

/** A message in its long form. Every key may be absent: `{}` is a message without data. */
export interface MessageOptions {
  /** The schema of the data; absent: the message carries none. */
  readonly data?: Schema;
  /** The schema of the answer; absent: the only answer is that the message was handled. */
  readonly reply?: Schema;
  /** The error codes the receiver may answer with, and what each carries. */
  readonly errors?: Readonly<Record<string, ErrorDefinition>>;
  /** How it fares with a slow or absent receiver. Default: in order, at most once. */
  readonly delivery?: Delivery;
  /** The field of the data that `"latest"` goes by. */
  readonly key?: string;
}

/** A message of a contract: the schema of its data, or the long form. */
export type MessageDefinition = Schema | MessageOptions;

/** An event in its long form. */
export interface EventOptions {
  /** The schema of the event's fields; absent: the event carries none. */
  readonly data?: Schema;
  /** How it fares with a slow or absent member. Default: in order, at most once. */
  readonly delivery?: Delivery;
  /** The field of the data that `"latest"` goes by. */
  readonly key?: string;
}

/** An event that every member's connection forwards as it is: no handler, no code per member. */
export interface ForwardOptions {
  /** The message of `toClient` it becomes; it has that message's schema. */
  readonly forward: string;
  /** How it fares with a slow or absent member. Default: as the message says. */
  readonly delivery?: Delivery;
}

/** An event of a contract: the schema of its fields, the long form, or a pass-through. */
export type EventDefinition = Schema | EventOptions | ForwardOptions;

/** A section of a contract by type, before it is checked: the check writes better sentences than a constraint. */
export type Section = Readonly<Record<string, unknown>>;

/** A section that declares nothing. */
export type Nothing = {};
