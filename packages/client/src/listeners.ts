/** Functions that want to hear something, each with its own way out. */
export class Listeners<Parameters extends readonly unknown[]> {
  readonly #entries = new Set<{ readonly listener: (...parameters: Parameters) => unknown }>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds one; the answer removes it. The same function may be added twice. */
  add(listener: (...parameters: Parameters) => unknown): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  /** Calls those that are listening now, in order; what one throws or rejects with goes to `report`. */
  call(report: (error: unknown) => void, ...parameters: Parameters): void {
    // A copy: a listener that adds listeners would keep this loop from ending.
    for (const entry of Array.from(this.#entries)) {
      // One that was removed by another before its turn is not called.
      if (!this.#entries.has(entry)) continue;
      try {
        const result = entry.listener(...parameters);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }
}
