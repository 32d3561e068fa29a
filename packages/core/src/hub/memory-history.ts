import { Alarm } from "../internal/alarm.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import type { HistoryOptions, Position, PositionRelation } from "../layer/broker.ts";
import type { HistoryPolicy } from "../layer/history-policy.ts";
import type { LayerMessage } from "../layer/message.ts";
import { placeRelation } from "../layer/place.ts";
import type { MemoryPage, MemoryStore } from "./group-memory.ts";
import { replayed } from "./group-tail.ts";

interface Kept {
  readonly message: LayerMessage;
  readonly atMs: number;
}

interface GroupMemory {
  readonly epoch: number;
  offset: number;
  top: Position;
  ageMs: number;
  lastAtMs: number;
  readonly kept: RingBuffer<Kept>;
}

/** Most groups that remember something; of more, the one that began first forgets. */
const maxGroups = 10_000;
const sweepMs = 10_000;

/** What groups remember in the memory of one process: a ring for each. */
export class MemoryHistory implements MemoryStore {
  readonly #node: string;
  readonly #now: () => number;
  readonly #groups = new Map<string, GroupMemory>();
  readonly #alarm = new Alarm(() => this.#sweep());
  #epochs = 0;

  /** @param now the layer's clock, in ms. */
  constructor(node: string, now: () => number) {
    this.#node = node;
    this.#now = now;
  }

  /** Gives the next event of a group its position, and keeps what `make` makes with it. */
  append(group: string, policy: HistoryPolicy, make: (position: Position) => LayerMessage): LayerMessage {
    const now = this.#now();
    const memory = this.#liveMemory(group, now) ?? this.#begin(group);
    memory.offset += 1;
    memory.top = `1.${this.#node}.h${memory.epoch}.${memory.offset}`;
    memory.ageMs = policy.ageMs;
    memory.lastAtMs = now;
    const message = make(memory.top);
    while (memory.kept.size >= policy.messages) memory.kept.shift();
    memory.kept.push({ message, atMs: now });
    this.#alarm.within(sweepMs);
    return message;
  }

  /** Reads as `Broker.history` does. */
  history(group: string, { from, direction, limit }: HistoryOptions): MemoryPage {
    const now = this.#now();
    const memory = this.#liveMemory(group, now);
    if (memory === undefined) return { messages: [], top: undefined, isComplete: false };
    const { kept, ageMs, top } = memory;
    while ((kept.at(0)?.atMs ?? now) < now - ageMs) kept.shift();
    const all = Array.from({ length: kept.size }, (_, i) => (kept.at(i) as Kept).message);
    const at = all.findIndex(({ meta }) => meta.position === from);
    const isComplete = from !== undefined && (at >= 0 || from === top);
    if (from !== undefined && !isComplete) return { messages: [], top, isComplete };
    const newer = at < 0 && from !== undefined ? [] : all.slice(at + 1);
    const messages = direction === "newer" ? newer : all.slice(0, at < 0 ? undefined : at).toReversed();
    return { messages: messages.slice(0, limit).map(replayed), top, isComplete };
  }

  /** Compares the positions it gave. */
  compare(last: Position | undefined, next: Position): PositionRelation {
    const to = placeOf(next);
    const from = last === undefined ? undefined : placeOf(last);
    if (to === undefined || (last !== undefined && from === undefined)) return "break";
    return placeRelation(from, to);
  }

  clear(): void {
    this.#groups.clear();
    this.#alarm.stop();
  }

  // One that has been quiet for so long that nothing of it is left begins anew.
  #liveMemory(group: string, now: number): GroupMemory | undefined {
    const memory = this.#groups.get(group);
    return memory !== undefined && memory.lastAtMs + memory.ageMs >= now ? memory : undefined;
  }

  #begin(group: string): GroupMemory {
    this.#groups.delete(group);
    if (this.#groups.size >= maxGroups) {
      const [oldest] = this.#groups.keys();
      if (oldest !== undefined) this.#groups.delete(oldest);
    }
    this.#epochs += 1;
    const memory = { epoch: this.#epochs, offset: 0, top: "", ageMs: 0, lastAtMs: 0, kept: new RingBuffer<Kept>() };
    this.#groups.set(group, memory);
    return memory;
  }

  #sweep(): void {
    const now = this.#now();
    for (const group of this.#groups.keys()) if (this.#liveMemory(group, now) === undefined) this.#groups.delete(group);
    if (this.#groups.size > 0) this.#alarm.within(sweepMs);
  }
}

function placeOf(position: Position): { epoch: string; number: number; id: string } | undefined {
  const dot = position.lastIndexOf(".");
  return dot < 0 ? undefined : { epoch: position.slice(0, dot), number: Number(position.slice(dot + 1)), id: "" };
}
