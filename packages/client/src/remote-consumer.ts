import type { AnyContract, ClientReceives, ClientReplies, ClientSends } from "@solent/core/contract";
import type { ConnectionState, StateInfo } from "./socket/connection.ts";

/** The types of the messages a client may send. */
export type SendType<C extends AnyContract> = [C] extends [never]
  ? "say which contract: connect<typeof chat>(url)"
  : keyof ClientSends<C> & string;

/** The types of the messages a client may receive. */
export type ReceiveType<C extends AnyContract> = [C] extends [never]
  ? "say which contract: connect<typeof chat>(url)"
  : keyof ClientReceives<C> & string;

/** How one message is sent. */
export interface SendOptions {
  /**
   * Send it now or never: it is dropped, without an error, while not open or when the network is slow. @default false
   *
   * For messages that are worthless a moment later, such as "is typing".
   */
  readonly volatile?: boolean;
}

/** The parameters of `send` after the type: the data, unless the message has none, and how to send it. */
export type SendArguments<Data> = undefined extends Data
  ? [data?: Data, options?: SendOptions]
  : [data: Data, options?: SendOptions];

/** How one call is made. */
export interface CallOptions {
  /** How long to wait for the answer, in milliseconds, the time until it is open included. @default callTimeoutMs */
  readonly timeoutMs?: number;
}

/** The parameters of `call` after the type: the data, unless the message has none, and how to call. */
export type CallArguments<Data> = undefined extends Data
  ? [data?: Data, options?: CallOptions]
  : [data: Data, options?: CallOptions];

/** A message that arrived: a union over the contract's `toClient`, told apart by `type`. */
export type ReceivedMessage<C extends AnyContract> = {
  readonly [K in keyof ClientReceives<C> & string]: { readonly type: K; readonly data: ClientReceives<C>[K] };
}[keyof ClientReceives<C> & string];

/** A frame was refused: by the server, or here because it does not fit the contract. */
export interface Complaint {
  /** What is wrong: `"CONTRACT_MISMATCH"`, `"FRAME_UNKNOWN_TYPE"` and others of the protocol. */
  readonly code: string;
  /** Where it is wrong, from the frame's top: `["data", "text"]`. */
  readonly path: readonly (string | number)[];
  /** Who refused: `"server"` what was sent, `"client"` what arrived. */
  readonly by: "server" | "client";
  /** The type of the message, where it is known. */
  readonly type?: string;
}

/** How it ended. */
export interface Closed {
  /** The close code: that of the server, or the one given to `close`. */
  readonly code: number;
  /** The reason beside the code; for people and logs. */
  readonly reason: string;
  /** `"client"`: closed here. `"server"`: its close code says to stay away. `"unreachable"`: out of attempts. */
  readonly cause: "client" | "server" | "unreachable";
  /** How many messages were still waiting to be sent, and never were. */
  readonly unsentMessages: number;
}

/**
 * A consumer on the server, as its client sees it: typed by the contract, and the same one across reconnects.
 *
 * Every message is delivered at most once, in both directions and in order. What is sent while it is open is handed to the
 * socket and never sent again, even when the connection turns out to be dead; what is sent while it is not open
 * waits, within bounds, for the next opening. What the server sends while it is not open is missed.
 */
export interface RemoteConsumer<C extends AnyContract>
  extends AsyncIterable<ReceivedMessage<C>>, AsyncDisposable, Disposable {
  /** Trying, usable, pausing before the next try, or ended for good. */
  readonly state: ConnectionState;
  /** Resolves when it has ended for good; never rejects. */
  readonly closed: Promise<Closed>;

  /**
   * Sends a message, or keeps it until open.
   *
   * The data is turned into JSON at once, so it may be changed afterwards.
   *
   * @throws {ClientError} CLIENT_QUEUE_FULL when `maxQueuedMessages` wait already, or the socket holds back more than
   * `maxBufferedBytes`; CLIENT_CLOSED when it has ended. The message is not sent then.
   */
  send<T extends SendType<C>>(type: T, ...data: SendArguments<ClientSends<C>[T]>): void;

  /**
   * Sends a message and waits for its answer: the reply that the contract declares, or nothing once it was handled.
   *
   * The number of open calls is bounded, and so is the wait. A call that is not open yet waits like any message, and is
   * withdrawn when its time is over.
   *
   * @throws {ClientError} through the promise: CLIENT_CALL_FAILED with `failure` when the server refused it;
   * CLIENT_CALL_UNANSWERED with `wasSent` when no answer came in time, or the connection was lost before; CLIENT_QUEUE_FULL
   * and CLIENT_CLOSED as `send`.
   */
  call<T extends SendType<C>>(type: T, ...data: CallArguments<ClientSends<C>[T]>): Promise<ClientReplies<C>[T]>;

  /**
   * Hears every message of a type; the answer stops it.
   *
   * Handlers are called in the order they were added. One that throws, or rejects, does not keep the others from being
   * called; its error goes to the option `onError`. What a handler returns is not used, and nobody waits for its promise.
   */
  on<T extends ReceiveType<C>>(type: T, handler: (data: ClientReceives<C>[T]) => unknown): () => void;

  /** Hears every change of `state`; the answer stops it. */
  onState(handler: (state: ConnectionState, info: StateInfo) => unknown): () => void;

  /**
   * Hears what was refused; the answer stops it. The connection stays.
   *
   * While nobody listens, complaints go to the option `onError` as CLIENT_COMPLAINT.
   */
  onComplaint(handler: (complaint: Complaint) => unknown): () => void;

  /** Tries now instead of at the end of the pause. Does nothing in another state than `"waiting"`. */
  retry(): void;

  /**
   * Ends it for good. Nothing is delivered afterwards; what still waits to be sent is counted in `closed`.
   *
   * @param code 1000 (the default) or 3000 to 4999.
   * @param reason at most 123 bytes.
   * @throws {ClientError} CLIENT_OPTION when code or reason break their rule.
   */
  close(code?: number, reason?: string): void;

  /**
   * Every message that arrives from now on, also across reconnects, until it has ended.
   *
   * An iteration that falls `maxUnreadMessages` behind reads what it has, then throws CLIENT_UNREAD_FULL; the connection stays.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage<C>, undefined, undefined>;

  /** `close()` at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** `close()` at the end of an `await using` block, which then waits until the socket is gone. */
  [Symbol.asyncDispose](): Promise<void>;
}
