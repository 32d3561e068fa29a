import type { OutboxTransport } from "../outbox/outbox.ts";

/** What the server answers to a handshake that it accepts. */
export interface AcceptOptions {
  /** One of the subprotocols the client offers; absent for none. */
  readonly subprotocol?: string;
  /** Extra response headers. */
  readonly headers?: AnswerHeaders;
}

/** Response headers: a list for one that is repeated, as `set-cookie` may be. */
export type AnswerHeaders = Readonly<Record<string, string | string[]>>;

/** What the server answers to a request that it begins to answer: over HTTP an answer has more to say. */
export interface AnswerHead extends AcceptOptions {
  /** The status of an HTTP request. @default 200 */
  readonly status?: number;
  /** What is written at each beat of the heartbeat, for an answer that must not fall silent. */
  readonly heartbeat?: string;
}

/** What the server answers to a handshake that it refuses. */
export interface Denial {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A way to reach one peer. Bindings implement it; everything above is the same for all of them. */
export interface Transport extends OutboxTransport {
  /** `"websocket"`, `"sse"` and so on; `"http"` for a request that a consumer answers itself. */
  readonly kind: string;
  /** Completes the handshake. @returns whether the peer was still there. */
  accept(options: AnswerHead): boolean;
  /** Refuses the handshake. */
  deny(denial: Denial): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
  /** Asks the peer for a sign of life. */
  ping(): void;
  /** Stops reading from the peer, so that its own buffers fill. */
  pause(): void;
  resume(): void;
}
