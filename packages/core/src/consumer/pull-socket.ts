import type { Connection } from "../connection/connection.ts";
import type { Scope } from "../connection/scope.ts";
import type { AcceptOptions } from "../connection/transport.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { EventMeta } from "../layer/message.ts";
import type { Group } from "./group.ts";

/**
 * A connection whose messages are asked for: what `requireWebSocket` gives to its function, whatever transport carries it.
 *
 * It is accepted when it is first used: by `wait`, `read`, an iteration or `send`. Until then `deny()` can refuse it. At
 * most `limits.maxQueuedFrames` messages wait to be asked for, or as many bytes as one message may have
 * (`limits.maxFrameBytes`); then the peer is not read, and hears so from its own TCP buffers. Nothing is lost meanwhile.
 *
 * @example
 * for await (const message of socket) socket.send(message);
 */
export interface PullSocket<Needs = {}> extends AsyncIterable<string | Uint8Array, undefined> {
  /** What is known about the connection: path, headers, and what middleware added. */
  readonly scope: Scope & Readonly<Needs>;
  /** The path's parameters, as text. */
  readonly params: (Scope & Readonly<Needs>)["params"];
  /** Fires the moment the connection ends, also while nothing is asked for. */
  readonly signal: AbortSignal;
  /** The connection itself. */
  readonly connection: Connection;
  /** The channel layer. @throws {SolentError} CONSUMER_NO_LAYER when none of the option `layerName` is configured. */
  readonly layer: ChannelLayer;
  /** The name that reaches this connection alone, through `layer.send`. @throws {SolentError} CONSUMER_NO_LAYER */
  readonly channelName: string;
  /**
   * A handle on a group: join, leave, send. Memberships end with the connection.
   *
   * @throws {SolentError} NAME_INVALID when the name breaks the rules for names, CONSUMER_NO_LAYER without a layer.
   */
  group(name: string): Group;
  /**
   * The next message: text, or bytes. `undefined` once the connection has ended and nothing that had arrived is left.
   *
   * Several waits at a time are served in their order, each with a message of its own. After `close()` there are no more.
   *
   * @throws {SolentError} CONSUMER_STATE when 16 wait already.
   */
  wait(): Promise<string | Uint8Array | undefined>;
  /** The next message if it is there already, else `undefined`. Never waits. */
  read(): string | Uint8Array | undefined;
  /** Whether a message is there already. It accepts nothing: before the connection is accepted there is none. */
  hasMessages(): boolean;
  /** How many messages are there already. It accepts nothing: before the connection is accepted there are none. */
  countMessages(): number;
  /** Gives each message, and ends with the connection. Leaving a loop leaves the connection open. */
  [Symbol.asyncIterator](): AsyncIterator<string | Uint8Array, undefined>;
  /**
   * Sends one text or binary frame. Never waits; nothing happens once the connection has ended.
   *
   * Frames of one event-loop turn leave in one write.
   */
  send(payload: string | Uint8Array): void;
  /** Resolves when the peer has taken enough of what was sent that sending on costs no memory. */
  drained(): Promise<void>;
  /**
   * Accepts the connection, with a subprotocol or headers.
   *
   * @throws {SolentError} CONSUMER_STATE when it was accepted before; CONFIG_INVALID for a subprotocol that was not offered.
   */
  accept(options?: AcceptOptions): void;
  /**
   * Refuses the connection with an HTTP status and body (403 by default).
   *
   * @throws {SolentError} CONSUMER_STATE when it was accepted before.
   */
  deny(status?: number, body?: string): void;
  /**
   * Closes the connection; what was sent before reaches the peer before. What it has sent and nobody took is forgotten.
   *
   * @param code 1000, or 3000 to 4999. @default 1000
   * @param reason at most 123 bytes of UTF-8; what is longer is cut.
   * @throws {SolentError} CONFIG_INVALID for a code that may not be sent.
   */
  close(code?: number, reason?: string): void;
  /** Yes: tells it from an HTTP request, for a function that `acceptWebSocket` gives either. */
  isWebSocket(): this is PullSocket<Needs>;
}

/**
 * What one type of event calls: one event at a time, in order, beside the handler.
 *
 * The type of `event` is what its author says it is, as with a method of a class: the layer carries whatever was sent.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- an event has the fields that whoever sent it gave it
export type EventFunction<Peer> = (event: any, peer: Peer, meta: EventMeta) => unknown;

/** Options of `requireWebSocket` and `acceptWebSocket`. */
export interface FunctionOptions<Peer> {
  /** A function for each event type that its groups carry: `"chat.message"`. @default none */
  readonly events?: Readonly<Record<string, EventFunction<Peer>>>;
  /** Groups joined before the handler starts, and left whatever ends the connection. @default [] */
  readonly groups?: readonly string[];
  /** The name of the channel layer that `layer` is. @default "default" */
  readonly layerName?: string;
}
