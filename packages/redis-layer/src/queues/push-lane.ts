import { SolentError } from "@solent/core/errors";
import type { PushOptions } from "@solent/core/layer";

/** A message on its way into a queue. */
export interface Push extends PushOptions {
  readonly bytes: Buffer;
  /** When it is given up, on the clock of `performance.now`. */
  readonly dueAtMs: number;
  /** Whether it may be in the queue already, by an attempt that was not answered. */
  isUncertain: boolean;
  readonly resolve: (outcome: "taken" | "full") => void;
  readonly reject: (error: unknown) => void;
}

// Redis does nothing else while a script runs: a bound of some tenths of a millisecond.
const maxPerCall = 64;
const maxBytesPerCall = 262_144;

/** Puts some messages into a queue, all or none, by the time of the first: which of them had room. */
export type WritePushes = (pushes: readonly Push[]) => Promise<readonly ("taken" | "full")[]>;

/**
 * What one node pushes into one queue, in its order.
 *
 * One call is on its way at a time, and tried again as it is: nothing overtakes.
 */
export class PushLane {
  readonly #write: WritePushes;
  readonly #emptied: () => void;
  #waiting: Push[] = [];
  #isWriting = false;

  /** @param emptied called when nothing waits any more. */
  constructor(write: WritePushes, emptied: () => void) {
    this.#write = write;
    this.#emptied = emptied;
  }

  /** Adds one; it is written at the end of the turn, together with what else comes in it. */
  add(push: Push): void {
    this.#waiting.push(push);
    if (this.#isWriting) return;
    this.#isWriting = true;
    setImmediate(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const pushes = this.#take();
      try {
        const outcomes = await this.#write(pushes);
        for (const [i, push] of pushes.entries()) push.resolve(outcomes[i] ?? "full");
      } catch (error) {
        this.#failed(pushes, error);
      }
    }
    this.#isWriting = false;
    this.#emptied();
  }

  // Only the time of the oldest may be over: the others go on, under their ids, before those that came later.
  #failed(pushes: readonly Push[], error: unknown): void {
    const nowMs = performance.now();
    const isUncertain = SolentError.is(error, "LAYER_UNCERTAIN");
    const isLate = nowMs >= (pushes[0]?.dueAtMs ?? 0) && !SolentError.is(error, "LAYER_CLOSED");
    const again = isLate ? pushes.filter(({ dueAtMs }) => dueAtMs > nowMs) : [];
    for (const push of pushes) {
      push.isUncertain ||= isUncertain;
      if (!again.includes(push)) push.reject(push.isUncertain ? new SolentError("LAYER_UNCERTAIN") : error);
    }
    this.#waiting = [...again, ...this.#waiting];
  }

  #take(): readonly Push[] {
    let [count, bytes] = [0, 0];
    for (const push of this.#waiting) {
      bytes += push.bytes.length;
      if (count === maxPerCall || (count > 0 && bytes > maxBytesPerCall)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
