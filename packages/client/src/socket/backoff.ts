/** How long the pauses between two attempts are. */
export interface BackoffOptions {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly longDelayMs: number;
  readonly random: () => number;
}

/**
 * Pauses that grow and are random over their whole range, so that clients cut off together do not come back together.
 *
 * The n-th pause is uniform between `floor` and `min(maxDelayMs, floor * 2 ** n)`.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #count = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The next pause; `isLong` when the server asked to be spared for a while. */
  next(isLong: boolean): number {
    const { minDelayMs, maxDelayMs, longDelayMs, random } = this.#options;
    const floor = Math.min(isLong ? longDelayMs : minDelayMs, maxDelayMs);
    const ceiling = Math.min(maxDelayMs, floor * 2 ** ++this.#count);
    return floor + random() * (ceiling - floor);
  }

  reset(): void {
    this.#count = 0;
  }
}
