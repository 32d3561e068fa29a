import type { Shipping } from "../outbox/backlog.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import type { Frame } from "../outbox/frame.ts";
import type { IncomingRequest } from "./request.ts";
import type { AnswerHead } from "./transport.ts";

/** Why a connection ended. */
export type EndCause = "client" | "server" | "error" | "timeout" | "shutdown";

/** How a connection ended, as `disconnect` is told. */
export interface End {
  /** The close code (RFC 6455 section 7.4); 1005 when the peer gave none, 1006 when it vanished. */
  readonly code: number;
  /** The peer's or the server's reason; at most 123 bytes. */
  readonly reason: string;
  /** Who or what ended it. */
  readonly cause: EndCause;
}

/** What takes the frames of a link: a consumer's runner. */
export interface Receiver {
  /** The class's name, for reports. */
  readonly consumerName: string;
  /** Takes one frame from the peer. */
  receiveFrame(payload: string | Uint8Array): void;
  /** Told once, when the link has ended for whatever reason. */
  receiveEnd(end: End): void;
}

/**
 * One consumer's line to its peer: all of a connection, or one of several on a shared one.
 *
 * Applications are handed a link; until somebody accepts or denies it, it is a handshake.
 */
export interface Link {
  /** Unique in the process. */
  readonly id: string;
  readonly connection: Connection;
  readonly environment: Environment;
  /** The consumer's number on the connection; 0 for the first. */
  readonly lane: number;
  readonly state: "connecting" | "open" | "closed";
  /** The HTTP request it answers; `undefined` for a connection. */
  readonly request?: IncomingRequest | undefined;
  /** Hands the link to a receiver; called by the application that takes charge of it. */
  open(receiver: Receiver): void;
  /** Accepts the handshake; nothing when the peer has gone. @throws {SolentError} CONSUMER_STATE when it was accepted before. */
  accept(options?: AnswerHead): void;
  /**
   * Refuses the handshake with an HTTP status, or the matching close code where there is no HTTP answer.
   *
   * @throws {SolentError} CONSUMER_STATE when it was accepted before.
   */
  deny(status: number, body?: string, headers?: Readonly<Record<string, string>>): void;
  /** Ends the link. Does nothing when it has ended already. */
  close(code: number, reason: string, cause: EndCause): void;
  /** Queues one frame; silently nothing once the link has ended. */
  send(frame: Frame, shipping: Shipping | undefined): void;
  /** Asks before each frame from the peer; a guard that returns false has dealt with the frame. */
  guard(allows: (payload: string | Uint8Array) => boolean): void;
  /** Stops and resumes reading from the peer. */
  pause(): void;
  resume(): void;
}
