import type { Link } from "../connection/link.ts";

/**
 * Stops reading from a peer while too much of what it sent waits, and reads on when half of that is gone.
 *
 * The peer's own buffers fill meanwhile, and in the end its `send` says so.
 */
export class ReadGate {
  readonly #link: Link;
  #isShut = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Says how full it is: 1 is full. What arrives because of it arrives before this returns. */
  update(fill: number): void {
    if (this.#link.state === "closed") return;
    const isFull = this.#isShut ? fill > 0.5 : fill >= 1;
    if (isFull === this.#isShut) return;
    this.#isShut = isFull;
    if (isFull) this.#link.pause();
    else this.#link.resume();
  }
}
