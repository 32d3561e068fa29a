import type { OutboxTransport } from "../outbox/outbox.ts";

/** What the server answers to a handshake that it accepts. */
export interface AcceptOptions {
  /** One of the subprotocols the client offers; absent for none. */
  readonly subprotocol?: string;
  /** Extra response headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the server answers to a handshake that it refuses. */
export interface Denial {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A way to reach one peer. Bindings implement it; everything above is the same for all of them. */
export interface Transport extends OutboxTransport {
  /** `"websocket"`, and later the others. */
  readonly kind: string;
  /** Completes the handshake. @returns whether the peer was still there. */
  accept(options: AcceptOptions): boolean;
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
