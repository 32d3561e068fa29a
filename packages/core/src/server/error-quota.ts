interface Window {
  readonly endsAtMs: number;
  errors: number;
}

const windowMs = 60_000;
const maxAddresses = 10_000;

/** How many errors each address may make in a minute. */
export class ErrorQuota {
  readonly #limit: number;
  // In the order of their ends. Of too many addresses the oldest is forgotten.
  readonly #windows = new Map<string, Window>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** In how many seconds an address that has used up its errors may come again; 0 for one that has not. */
  waitSecondsOf(address: string): number {
    const nowMs = performance.now();
    const window = this.#windows.get(address);
    if (window === undefined || window.endsAtMs <= nowMs || window.errors < this.#limit) return 0;
    return Math.ceil((window.endsAtMs - nowMs) / 1000);
  }

  count(address: string): void {
    const nowMs = performance.now();
    for (const [oldest, { endsAtMs }] of this.#windows) {
      if (endsAtMs > nowMs && this.#windows.size < maxAddresses) break;
      this.#windows.delete(oldest);
    }
    const window = this.#windows.get(address);
    if (window === undefined) this.#windows.set(address, { endsAtMs: nowMs + windowMs, errors: 1 });
    else window.errors += 1;
  }
}
