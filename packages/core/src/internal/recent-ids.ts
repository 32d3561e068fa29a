/** Remembers the newest ids it was shown, up to a limit: finds what arrives twice. */
export class RecentIds {
  readonly #limit: number;
  #newer = new Set<string>();
  #older = new Set<string>();

  /** At least `limit` ids are remembered, at most twice as many. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Remembers an id; tells whether it is new. */
  add(id: string): boolean {
    if (this.#newer.has(id) || this.#older.has(id)) return false;
    this.#newer.add(id);
    // Two sets that change roles cost less than one from which the oldest is taken each time.
    if (this.#newer.size >= this.#limit) {
      this.#older = this.#newer;
      this.#newer = new Set();
    }
    return true;
  }
}
