import type { PushOptions } from "../layer/broker.ts";
import type { ResolvedLayerOptions } from "../layer/layer-options.ts";
import type { Member } from "../layer/member.ts";
import { gapNotice, type GroupGap, type LayerMessage } from "../layer/message.ts";
import type { LocalSeat } from "./hub.ts";
import type { PlainCounters } from "./plain-channels.ts";

/** What a plain channel needs to be a member of groups. */
export interface SharedMemberParts {
  readonly options: ResolvedLayerOptions;
  readonly counters: PlainCounters;
  readonly push: (message: LayerMessage, options: Partial<PushOptions>) => Promise<"taken" | "full">;
  /** How many readers of this node wait now. */
  readonly readers: () => number;
}

/**
 * A plain channel as a member of groups, on the node that has added it.
 *
 * It puts the group's events into the queue under their own ids: when several nodes have added the channel, the queue takes each
 * once.
 */
export class SharedMember implements Member {
  seat: LocalSeat | undefined;
  readonly push: SharedMemberParts["push"];
  readonly #parts: SharedMemberParts;
  // Groups whose hole could not be told yet.
  readonly #owed = new Map<string, GroupGap>();
  // When somebody last read it or added it to a group.
  #usedAtMs: number;

  constructor(parts: SharedMemberParts) {
    this.#parts = parts;
    this.push = parts.push;
    this.#usedAtMs = parts.options.now();
  }

  /** Whether nobody has used it for so long that its memberships end. */
  get isForgotten(): boolean {
    const { options, readers } = this.#parts;
    return readers() === 0 && options.now() - this.#usedAtMs > options.groupExpiryMs;
  }

  use(): void {
    this.#usedAtMs = this.#parts.options.now();
  }

  deliver(message: LayerMessage): boolean {
    if (this.#parts.readers() > 0) this.use();
    if (this.isForgotten) {
      this.seat?.close();
      this.seat = undefined;
      return false;
    }
    void this.#forward(message);
    return true;
  }

  async #forward(message: LayerMessage): Promise<void> {
    const { meta, volatile, id } = message;
    const { group = "" } = meta;
    const isNotice = meta.type === "group.gap";
    this.#tellOwed(group);
    try {
      const options = isNotice
        ? { capacity: Infinity }
        : { ...(id !== undefined && { id }), ...(!volatile && { group }) };
      // A full queue keeps a hole in the place of the event.
      if ((await this.push(message, options)) === "full") this.#parts.counters.dropped += 1;
    } catch {
      this.#parts.counters.dropped += 1;
      if (!volatile) this.#owed.set(group, isNotice ? (message.data as unknown as GroupGap) : lostIn(group));
    }
  }

  // What could not be put into the queue is told as soon as something can, before the next event of its group.
  #tellOwed(group: string): void {
    const gap = this.#owed.get(group);
    if (gap === undefined) return;
    this.#owed.delete(group);
    this.push(gapNotice(gap), { capacity: Infinity }).catch(() => {
      if (!this.#owed.has(group)) this.#owed.set(group, gap);
    });
  }

  /** Tells the holes of all groups that could not be told before. */
  tellAllOwed(): void {
    for (const group of this.#owed.keys()) this.#tellOwed(group);
  }
}

function lostIn(group: string): GroupGap {
  return { group, from: undefined, to: undefined, cause: "loss" };
}
