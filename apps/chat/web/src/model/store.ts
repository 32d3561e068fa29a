/** A value that tells who listens when it is another one. */
export class Store<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();
  /** How many `together` are under way, and the value before the first. */
  #depth = 0;
  #before: Value;

  constructor(value: Value) {
    this.#value = value;
    this.#before = value;
  }

  /** The value now; the same object until it changes. */
  readonly get = (): Value => this.#value;

  /** Hears of every change; the answer stops it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Changes it. Nobody is told when the value is the same. */
  update(change: (value: Value) => Value): void {
    this.together(() => (this.#value = change(this.#value)));
  }

  /** Several changes of which one is told. */
  together(changes: () => void): void {
    if (this.#depth === 0) this.#before = this.#value;
    this.#depth++;
    try {
      changes();
    } finally {
      this.#depth--;
      if (this.#depth === 0 && this.#value !== this.#before) for (const listener of [...this.#listeners]) listener();
    }
  }
}
