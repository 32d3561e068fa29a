import type { Link } from "../connection/link.ts";
import type { Arrival } from "../consumer/consumer-base.ts";
import { ReadGate } from "../consumer/read-gate.ts";

/** How many times as many frames may wait while an answer is expected behind them. */
const roomForAnswers = 4;

/** The frames of one consumer that wait for their turn. When they are too many, the peer is not read until half are gone. */
export class FrameLane {
  readonly #gate: ReadGate;
  readonly #maxQueuedFrames: number;
  #frames: Arrival[] = [];
  #awaitsPeer = false;

  constructor(link: Link) {
    this.#gate = new ReadGate(link);
    this.#maxQueuedFrames = link.environment.limits.maxQueuedFrames;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  push(arrival: Arrival): void {
    this.#frames.push(arrival);
    this.#tellGate();
  }

  shift(): Arrival | undefined {
    const arrival = this.#frames.shift();
    this.#tellGate();
    return arrival;
  }

  clear(): void {
    this.#frames = [];
  }

  /**
   * Says whether a handler waits for an answer of the peer.
   *
   * The answer stands behind the frames that wait for that handler: a socket that is not read would keep it away.
   */
  awaitPeer(isWaiting: boolean): void {
    this.#awaitsPeer = isWaiting;
    this.#tellGate();
  }

  #tellGate(): void {
    const room = this.#awaitsPeer ? this.#maxQueuedFrames * roomForAnswers : this.#maxQueuedFrames;
    this.#gate.update(this.#frames.length / room);
  }
}
