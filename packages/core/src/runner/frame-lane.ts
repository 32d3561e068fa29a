import type { Link } from "../connection/link.ts";
import type { Arrival } from "../consumer/consumer-base.ts";

/** How many times as many frames may wait while an answer is expected behind them. */
const roomForAnswers = 4;

/** The frames of one consumer that wait for their turn. When they are too many, the peer is not read until half are gone. */
export class FrameLane {
  readonly #link: Link;
  #frames: Arrival[] = [];
  #isPaused = false;
  #awaitsPeer = false;

  constructor(link: Link) {
    this.#link = link;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  push(arrival: Arrival): void {
    this.#frames.push(arrival);
    this.#readOrNot();
  }

  shift(): Arrival | undefined {
    const arrival = this.#frames.shift();
    if (this.#isPaused) this.#readOrNot();
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
    this.#readOrNot();
  }

  #readOrNot(): void {
    if (this.#link.state === "closed") return;
    const { maxQueuedFrames } = this.#link.environment.limits;
    const room = this.#awaitsPeer ? maxQueuedFrames * roomForAnswers : maxQueuedFrames;
    const queued = this.#frames.length;
    const isFull = this.#isPaused ? queued * 2 > room : queued >= room;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.#link.pause();
    else this.#link.resume();
  }
}
