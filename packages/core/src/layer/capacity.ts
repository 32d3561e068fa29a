import { SolentError } from "../errors/solent-error.ts";

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
    this.#rules = rules.map(([pattern, value]) => ({ pattern: compile(pattern), capacity: checked(pattern, value) }));
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

function compile(pattern: unknown): RegExp {
  // Without the flags that make an expression remember where it stopped.
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  if (typeof pattern === "string" && pattern.length > 0 && pattern.length <= 200) return glob(pattern);
  throw new SolentError("CONFIG_INVALID", {
    option: "channelCapacity",
    value: String(pattern).slice(0, 100),
    rule: "a pattern is a glob of 1 to 200 characters or a regular expression",
  });
}

// Shell style, over the whole name: * is any run, ? one character, [abc] and [!abc] a set; the rest stands for itself.
function glob(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern.charAt(i);
    const end = character === "[" ? pattern.indexOf("]", i + 2) : -1;
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (end !== -1) {
      source += set(pattern.slice(i + 1, end));
      i = end;
    } else source += escape(character);
  }
  return new RegExp(`^${source}$`, "s");
}

function set(characters: string): string {
  const isNegated = characters.startsWith("!");
  const inside = (isNegated ? characters.slice(1) : characters).replace(/[\\\]^[]/g, "\\$&");
  return `[${isNegated ? "^" : ""}${inside}]`;
}

function escape(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
