/**
 * One timer that rings at the earliest of the moments asked for, and never holds the process open.
 *
 * It exists only while something is due: an idle owner has no timer. The action asks again when more is due.
 */
export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAtMs = Infinity;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Whether a timer is armed. */
  get isArmed(): boolean {
    return this.#timer !== undefined;
  }

  /** Rings in `delayMs` at the latest; an earlier moment asked for before stays. */
  within(delayMs: number): void {
    const dueAtMs = performance.now() + delayMs;
    if (dueAtMs >= this.#dueAtMs) return;
    this.stop();
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(
      () => {
        this.stop();
        this.#ring();
        // Longer delays overflow the timer's 32 bits and would ring at once: ring early instead, the owner looks again.
      },
      Math.min(delayMs, 0x7fff_ffff),
    );
    // A browser's timer is a number and holds nothing open.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Disarms the timer. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAtMs = Infinity;
  }
}
