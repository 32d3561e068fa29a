import { SolentError } from "../errors/solent-error.ts";
import { namePattern } from "./name-pattern.ts";

/** Names and how many messages they may hold; the first that matches wins. */
export type ChannelCapacity = ReadonlyMap<string | RegExp, number> | Readonly<Record<string, number>>;

/** Tells the capacity of a channel by its full name. */
export class Capacities {
  readonly #default: number;
  readonly #rules: readonly { readonly pattern: RegExp; readonly capacity: number }[];

  /** @throws {SolentError} CONFIG_INVALID when a pattern is no pattern or a capacity no positive integer. */
  constructor(capacity: number, byName: ChannelCapacity = {}) {
    this.#default = capacity;
    const rules = byName instanceof Map ? [...byName] : Object.entries(byName);
    this.#rules = rules.map(([pattern, value]) => ({
      pattern: namePattern("channelCapacity", pattern),
      capacity: checked(pattern, value),
    }));
  }

  /** How many messages the channel `name` may hold. */
  of(name: string): number {
    for (const rule of this.#rules) {
      if (rule.pattern.test(name)) return rule.capacity;
    }
    return this.#default;
  }
}

function checked(pattern: string | RegExp, capacity: unknown): number {
  if (Number.isSafeInteger(capacity) && (capacity as number) > 0) return capacity as number;
  throw new SolentError("CONFIG_INVALID", {
    option: `channelCapacity["${String(pattern)}"]`,
    value: capacity,
    rule: "a capacity is a positive integer",
  });
}
