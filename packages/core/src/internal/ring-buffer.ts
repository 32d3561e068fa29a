const smallest = 4;

/**
 * A queue in a circular array: push and shift in constant time, no memory while it is unused.
 *
 * It grows by doubling and has no limit of its own: its owner decides what "full" means. The array is given back when
 * the queue runs empty after having been large, so that one burst is not held for ever.
 */
export class RingBuffer<T> {
  #items: (T | undefined)[] | undefined;
  #head = 0;
  #size = 0;

  /** How many items are queued. */
  get size(): number {
    return this.#size;
  }

  /** Appends an item at the tail. */
  push(item: T): void {
    let items = this.#items;
    if (items === undefined) {
      items = this.#items = Array.from<T | undefined>({ length: smallest });
    } else if (this.#size === items.length) {
      items = this.#grow(items);
    }
    items[(this.#head + this.#size) & (items.length - 1)] = item;
    this.#size += 1;
  }

  /** Takes the item at the head; `undefined` when there is none. */
  shift(): T | undefined {
    const items = this.#items;
    if (items === undefined || this.#size === 0) return undefined;
    const item = items[this.#head];
    items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (items.length - 1);
    this.#size -= 1;
    if (this.#size === 0 && items.length > 64) this.clear();
    return item;
  }

  /** The item at `index`, counted from the head; `undefined` outside. */
  at(index: number): T | undefined {
    const items = this.#items;
    if (items === undefined || index < 0 || index >= this.#size) return undefined;
    return items[(this.#head + index) & (items.length - 1)];
  }

  /** Replaces the item at `index`, which must be inside. */
  set(index: number, item: T): void {
    const items = this.#items;
    if (items === undefined || index < 0 || index >= this.#size) throw new RangeError("RingBuffer: no such index");
    items[(this.#head + index) & (items.length - 1)] = item;
  }

  /** Removes the item at `index`, moving those before it: cheap near the head. */
  removeAt(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    const item = this.at(index);
    for (let i = index; i > 0; i -= 1) {
      const before = this.at(i - 1);
      if (before !== undefined) this.set(i, before);
    }
    this.shift();
    return item;
  }

  /** Forgets every item and gives the memory back. */
  clear(): void {
    this.#items = undefined;
    this.#head = 0;
    this.#size = 0;
  }

  #grow(items: (T | undefined)[]): (T | undefined)[] {
    const larger = items.slice(this.#head).concat(items.slice(0, this.#head));
    larger.length = items.length * 2;
    this.#items = larger;
    this.#head = 0;
    return larger;
  }
}
