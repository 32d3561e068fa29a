/** A value that tells who listens when it is another one. */
export class Store<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
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
    const value = change(this.#value);
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}
