import { SolentError } from "../errors/solent-error.ts";
import type { HistoryOptions, Position, PositionRelation } from "../layer/broker.ts";
import type { GroupHistory, HistoryRead, RememberedEvent } from "../layer/channel-layer.ts";
import type { Histories } from "../layer/history-policy.ts";
import type { LayerMessage } from "../layer/message.ts";
import { requireGroupName } from "../layer/names.ts";
import type { HistorySource } from "./group-recoveries.ts";
import type { Remembered } from "./group-tail.ts";

/** A part of what a group remembers; see `HistoryPage`. */
export interface MemoryPage extends Remembered {
  readonly isComplete: boolean;
}

/** Where it is kept: in this process, or with a broker. */
export interface MemoryStore {
  history(group: string, options: HistoryOptions): MemoryPage | Promise<MemoryPage>;
  compare(last: Position | undefined, next: Position): PositionRelation;
  /** Resolves when the members here have got what was read before; not there where reading never is ahead of them. */
  caughtUp?(group: string): Promise<void>;
}

const defaultLimit = 100;
const nothing: GroupHistory = Object.freeze({ events: [], isComplete: false, position: undefined });

/** What the groups of a layer remember, for whoever reads it. */
export class GroupMemory implements HistorySource {
  readonly #store: MemoryStore;
  readonly #histories: Histories;

  constructor(store: MemoryStore, histories: Histories) {
    this.#store = store;
    this.#histories = histories;
  }

  /** See `ChannelLayer.history`. */
  async history(group: string, options: HistoryRead = {}): Promise<GroupHistory> {
    const { since, limit = defaultLimit, reverse = false } = options;
    requireGroupName(group);
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new SolentError("CONFIG_INVALID", { option: "limit", value: limit, rule: "it is a positive whole number" });
    }
    const policy = this.#histories.of(group);
    if (policy === undefined) return nothing;
    const { messages, isComplete, top } = await this.#store.history(group, {
      ...{ from: since, direction: reverse ? "older" : "newer", maxAgeMs: policy.ageMs },
      limit: Math.min(limit, policy.messages),
    });
    return { events: messages.map(rememberedEvent), isComplete, position: top };
  }

  /** Everything that a group remembers, when nothing of it is still on its way to the members here. */
  async read(group: string): Promise<Remembered> {
    const { messages = 1, ageMs = 1 } = this.#histories.of(group) ?? {};
    const page = await this.#store.history(group, { direction: "newer", limit: messages, maxAgeMs: ageMs });
    await this.#store.caughtUp?.(group);
    return page;
  }

  /** Compares positions, as the store does. */
  readonly compare = (last: Position | undefined, next: Position): PositionRelation => this.#store.compare(last, next);
}

function rememberedEvent({ data, meta: { type, sender, position = "" } }: LayerMessage): RememberedEvent {
  return { type, data, sender, position };
}
