import type { Batch } from "../outbox/batch.ts";
import type { FrameEncoder } from "../outbox/frame.ts";
import type { AcceptOptions, Denial, Transport } from "../connection/transport.ts";
import { OutboxTurn } from "../outbox/turn.ts";

/** The peer's end of a connection without a network. */
export interface MemoryPeer {
  accepted(options: AcceptOptions): void;
  denied(denial: Denial): void;
  arrived(payload: string | Uint8Array): void;
  ended(code: number, reason: string): void;
}

const text = new TextEncoder();
/** Counts bytes as a socket would; what arrives is the payload itself. */
const plainEncoder: FrameEncoder = {
  encode: (payload) => (typeof payload === "string" ? text.encode(payload) : payload),
};

// Taken before a test replaces the clock: frames must flow also under fake timers.
const endOfTurn: (task: () => void) => void =
  typeof setImmediate === "function" ? setImmediate : (task) => void setTimeout(task, 0);

/** The turn of one test server. */
export function memoryTurn(): OutboxTurn {
  return new OutboxTurn(plainEncoder, endOfTurn);
}

/** Resolves at the end of an event-loop turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => endOfTurn(resolve));
}

/** A connection's transport in memory, through the same outbox, limits and close codes as a socket. */
export class MemoryTransport implements Transport {
  readonly kind = "memory";
  readonly turn: OutboxTurn;
  readonly #peer: MemoryPeer;
  #held: (string | Uint8Array)[] | undefined;
  #heldBytes = 0;
  #isPaused = false;
  #inbox: (string | Uint8Array)[] = [];
  #receive: (payload: string | Uint8Array) => void = () => {};

  constructor(turn: OutboxTurn, peer: MemoryPeer) {
    this.turn = turn;
    this.#peer = peer;
  }

  get bufferedBytes(): number {
    return this.#heldBytes;
  }

  get isCongested(): boolean {
    return this.#heldBytes > 0;
  }

  /** Says who takes what the peer sends. */
  bind(receive: (payload: string | Uint8Array) => void): void {
    this.#receive = receive;
  }

  /** A frame from the peer; kept while the server does not read. */
  push(payload: string | Uint8Array): void {
    if (this.#isPaused) this.#inbox.push(payload);
    else this.#receive(payload);
  }

  /** The peer stops reading, as a phone in a tunnel does. */
  hold(): void {
    this.#held ??= [];
  }

  /** The peer reads again: everything held arrives. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const payload of held) this.#peer.arrived(payload);
  }

  accept(options: AcceptOptions): boolean {
    this.#peer.accepted(options);
    return true;
  }

  deny(denial: Denial): void {
    this.#peer.denied(denial);
  }

  write(batch: Batch): void {
    for (const { payload } of batch.frames()) {
      if (this.#held === undefined) this.#peer.arrived(payload);
      else this.#held.push(payload);
    }
    if (this.#held !== undefined) this.#heldBytes += batch.bytes;
  }

  close(code: number, reason: string): void {
    this.#peer.ended(code, reason);
  }

  terminate(): void {
    this.#peer.ended(1006, "");
  }

  ping(): void {}

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#inbox.length > 0) this.#receive(this.#inbox.shift() as string | Uint8Array);
  }
}
