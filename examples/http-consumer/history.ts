/** Something that has happened. */
export interface Entry {
  readonly id: number;
  readonly text: string;
}

const MAX_ENTRIES = 100;

/** What has happened lately, in the memory of this process; with several servers this is a table of the database. */
export class History {
  readonly #entries: Entry[] = [];
  // Larger than any id before a restart: a page may still have seen one of those last.
  #last = Date.now();

  /** The id of what happened last. */
  get last(): number {
    return this.#last;
  }

  add(text: string): void {
    this.#last += 1;
    this.#entries.push({ id: this.#last, text });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  since(id: number): readonly Entry[] {
    return this.#entries.filter((entry) => entry.id > id);
  }
}
