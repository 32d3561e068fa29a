import type { Link } from "../connection/link.ts";
import { SolentError } from "../errors/solent-error.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import { ReadGate } from "./read-gate.ts";

/** Most waits of one connection at a time: more is a loop that does not wait for its own answers. */
const maxWaits = 16;

/**
 * The messages of one connection that nobody has taken yet, and those who wait for the next ones.
 *
 * It is full at `maxQueuedFrames` messages, or at as many bytes as one message may have; then the peer is not read.
 */
export class PullQueue {
  readonly #link: Link;
  readonly #gate: ReadGate;
  readonly #rest: (isResting: boolean) => void;
  readonly #messages = new RingBuffer<string | Uint8Array>();
  #length = 0;
  #waits: ((message: string | Uint8Array | undefined) => void)[] = [];
  #isOver = false;

  /** @param rest told when the first begins to wait for a message, and when nobody does any more. */
  constructor(link: Link, rest: (isResting: boolean) => void) {
    this.#link = link;
    this.#gate = new ReadGate(link);
    this.#rest = rest;
  }

  /** How many messages wait. */
  get size(): number {
    return this.#messages.size;
  }

  /** A message has arrived. */
  push(message: string | Uint8Array): void {
    const taker = this.#waits.shift();
    if (taker !== undefined) {
      if (this.#waits.length === 0) this.#rest(false);
      taker(message);
      return;
    }
    if (this.#isOver) return;
    this.#messages.push(message);
    this.#length += message.length;
    this.#tellGate();
  }

  /** The next message, without waiting. */
  shift(): string | Uint8Array | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.#length -= message.length;
    this.#tellGate();
    return message;
  }

  /**
   * The next message; `undefined` when none will come.
   *
   * @throws {SolentError} CONSUMER_STATE through the promise, when too many wait already.
   */
  wait(): Promise<string | Uint8Array | undefined> {
    const message = this.shift();
    if (message !== undefined || this.#isOver) return Promise.resolve(message);
    if (this.#waits.length >= maxWaits) {
      const state = `waited for by ${maxWaits} calls already`;
      return Promise.reject(new SolentError("CONSUMER_STATE", { call: "wait()", state }));
    }
    if (this.#waits.length === 0) this.#rest(true);
    return new Promise((resolve) => this.#waits.push(resolve));
  }

  /** Nothing more will come. What waits is kept for who asks for it, or forgotten. */
  end(isKept: boolean): void {
    this.#isOver = true;
    if (!isKept) {
      this.#messages.clear();
      this.#length = 0;
    }
    const waits = this.#waits;
    if (waits.length === 0) return;
    this.#waits = [];
    this.#rest(false);
    for (const resolve of waits) resolve(undefined);
  }

  // The length of a text is that of its characters: near enough to its bytes, and known without encoding it.
  #tellGate(): void {
    const { maxQueuedFrames, maxFrameBytes } = this.#link.environment.limits;
    this.#gate.update(Math.max(this.#messages.size / maxQueuedFrames, this.#length / maxFrameBytes));
  }
}
