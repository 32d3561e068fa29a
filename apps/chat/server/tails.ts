import { limits } from "../contract/limits.ts";

/** How many lines all tails together may hold. */
const maxLinesInAll = 20_000;

/**
 * The last lines of many conversations, in memory.
 *
 * Each holds at most `limits.tailLines`; all together hold at most 20,000, and when they would hold more, the one that was
 * quiet for longest is forgotten.
 */
export class Tails<Line> {
  // A map keeps the order of insertion: whoever spoke last stands last.
  readonly #tails = new Map<string, Line[]>();
  readonly #maxInAll: number;
  #inAll = 0;

  constructor(maxInAll: number = maxLinesInAll) {
    this.#maxInAll = maxInAll;
  }

  /** Remembers a line. */
  add(name: string, line: Line): void {
    const tail = this.#tails.get(name) ?? [];
    this.#tails.delete(name);
    this.#tails.set(name, tail);
    tail.push(line);
    this.#inAll += 1;
    if (tail.length > limits.tailLines) {
      tail.shift();
      this.#inAll -= 1;
    }
    for (const [quietest] of this.#tails) {
      if (this.#inAll <= this.#maxInAll || quietest === name) break;
      this.forget(quietest);
    }
  }

  /** The last lines, oldest first. */
  of(name: string): readonly Line[] {
    return this.#tails.get(name)?.slice() ?? [];
  }

  /** Forgets a conversation. */
  forget(name: string): void {
    this.#inAll -= this.#tails.get(name)?.length ?? 0;
    this.#tails.delete(name);
  }
}
