/** What has arrived and nobody has taken yet; `next` waits for more. */
export class Queue<Item> {
  readonly #items: Item[] = [];
  readonly #takers: { resolve: (item: Item) => void; reject: (error: Error) => void }[] = [];
  #over: Error | undefined;

  /** How many items nobody has taken. */
  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker.resolve(item);
  }

  /** Nothing more comes: who waits, or waits later, is told why. */
  end(reason: Error): void {
    this.#over = reason;
    for (const taker of this.#takers.splice(0)) taker.reject(reason);
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#over !== undefined) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  async take(count: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** Everything nobody has taken, taken. */
  all(): Item[] {
    return this.#items.splice(0);
  }
}
