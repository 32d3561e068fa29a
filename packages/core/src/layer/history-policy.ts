import { SolentError } from "../errors/solent-error.ts";
import { namePattern } from "./name-pattern.ts";

/** How much a group remembers. */
export interface HistoryPolicy {
  /** At most so many of its newest events, 1 to 10,000. */
  readonly messages: number;
  /** And none that is older, in ms; at most a day. */
  readonly ageMs: number;
}

/** Groups by name, and how much they remember; the first that matches wins, and others remember nothing. */
export type HistoryPolicies = ReadonlyMap<string | RegExp, HistoryPolicy> | Readonly<Record<string, HistoryPolicy>>;

const maxMessages = 10_000;
const maxAgeMs = 86_400_000;
/** How many names' policies are known without looking through the patterns. */
const maxKnown = 10_000;

/** Tells how much a group remembers by its name. */
export class Histories {
  readonly #rules: readonly { readonly pattern: RegExp; readonly policy: HistoryPolicy }[];
  readonly #known = new Map<string, HistoryPolicy | undefined>();

  /** @throws {SolentError} CONFIG_INVALID when a pattern is no pattern, or a policy makes no sense. */
  constructor(policies: HistoryPolicies = {}) {
    const rules = policies instanceof Map ? [...policies] : Object.entries(policies);
    this.#rules = rules.map(([pattern, policy]) => ({
      pattern: namePattern("history", pattern),
      policy: checked(pattern, policy),
    }));
  }

  /** @throws {SolentError} CONFIG_INVALID when groups are to remember something where they cannot. */
  requireAllowed(isAllowed: boolean): void {
    if (isAllowed || this.#rules.length === 0) return;
    const rule =
      "this layer remembers nothing: it speaks the wire format of another system, or has a broker without history";
    throw new SolentError("CONFIG_INVALID", { option: "history", value: "given", rule });
  }

  /** What the group `name` remembers; `undefined` for nothing. */
  of(name: string): HistoryPolicy | undefined {
    if (this.#rules.length === 0) return undefined;
    const known = this.#known.get(name);
    if (known !== undefined || this.#known.has(name)) return known;
    const policy = this.#rules.find(({ pattern }) => pattern.test(name))?.policy;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(name, policy);
    return policy;
  }
}

function checked(pattern: string | RegExp, policy: unknown): HistoryPolicy {
  const { messages, ageMs } = (policy ?? {}) as Partial<HistoryPolicy>;
  if (isBetween(messages, maxMessages) && isBetween(ageMs, maxAgeMs)) return Object.freeze({ messages, ageMs });
  throw new SolentError("CONFIG_INVALID", {
    option: `history["${String(pattern)}"]`,
    value: JSON.stringify(policy),
    rule: `messages is a whole number from 1 to ${maxMessages}, and ageMs one from 1 to ${maxAgeMs}`,
  });
}

function isBetween(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
