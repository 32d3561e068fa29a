import { type KeyValues, readJson } from "./key-values.ts";

/** How many are remembered: more than the server shows at once. */
const maxDismissed = 20;

/** Which announcements somebody has put away. */
export class Dismissed {
  readonly #values: KeyValues;
  readonly #key: string;
  readonly #stop: () => void;

  /** `changed` is called when another tab has put one away. */
  constructor(values: KeyValues, person: string, changed: () => void) {
    this.#values = values;
    this.#key = `solent-chat.dismissed.${person}`;
    this.#stop = values.onChange((key) => {
      if (key === this.#key) changed();
    });
  }

  /** Whether one was put away. */
  has(id: number): boolean {
    return this.#read().includes(id);
  }

  /** Puts one away. */
  add(id: number): void {
    this.#values.set(this.#key, JSON.stringify([...this.#read(), id].slice(-maxDismissed)));
  }

  /** Stops listening. */
  close(): void {
    this.#stop();
  }

  #read(): readonly number[] {
    const kept = readJson(this.#values, this.#key);
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "number") : [];
  }
}
