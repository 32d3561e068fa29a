import { createHash } from "node:crypto";

/** Numbers that follow from a seed alone: the same on every machine and in every release of Node. */
export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#drawn += 1;
    return createHash("sha256").update(`${this.#seed}/${this.#drawn}`).digest().readUInt32LE() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new Error("there is nothing to pick from");
    return values[this.int(0, values.length - 1)]!;
  }

  /** Another source, which draws nothing from this one: what is added there changes nothing here. */
  fork(label: string): Random {
    return new Random(`${this.#seed}/${label}`);
  }
}
