import type { Batch } from "./batch.ts";
import type { OutboxTurn } from "./turn.ts";

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
export interface Transport {
  /** `"websocket"`, and later the others. */
  readonly kind: string;
  /** The turn that flushes all connections of this kind. */
  readonly turn: OutboxTurn;
  /** Bytes handed to `write` that the peer has not taken from us yet. */
  readonly bufferedBytes: number;
  /** Whether `write` should wait for `Connection.handleDrain`. */
  readonly isCongested: boolean;
  /** Completes the handshake. @returns whether the peer was still there. */
  accept(options: AcceptOptions): boolean;
  /** Refuses the handshake. */
  deny(denial: Denial): void;
  /** Hands over what one turn collected, as one write where it can. */
  write(batch: Batch): void;
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
