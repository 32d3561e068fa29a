import type { Position, PositionRelation } from "../layer/broker.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import type { Joined, Member } from "../layer/member.ts";
import type { LayerMessage } from "../layer/message.ts";

/** What a group remembers, as its layer reads it. */
export interface Remembered {
  /** Oldest first. */
  readonly messages: readonly LayerMessage[];
  /** The newest position of the group, remembered or not. */
  readonly top: Position | undefined;
}

/** What a tail is made with. */
export interface GroupTailParts {
  /** How many events it keeps. */
  readonly size: number;
  readonly compare: (last: Position | undefined, next: Position) => PositionRelation;
}

/**
 * The newest events of one group without a hole between them: what its layer remembers, and what has been delivered since.
 *
 * It is a member of the group while it exists, so a thousand members that come back are served from one reading.
 */
export class GroupTail implements Member {
  readonly #parts: GroupTailParts;
  // What is delivered while the reading is under way.
  #live: LayerMessage[] | undefined = [];
  readonly #events = new RingBuffer<LayerMessage>();
  #top: Position | undefined;
  /** Whether it missed something, and has to be read again. */
  isBroken = false;

  constructor(parts: GroupTailParts) {
    this.#parts = parts;
  }

  /** What was read; what has been delivered meanwhile comes after it. */
  begin({ messages, top }: Remembered): void {
    for (const message of messages) this.#append(message);
    // It remembers less than it should: what was published last was not to be kept.
    if (top !== undefined && top !== this.#top) {
      this.#events.clear();
      this.#top = top;
    }
    const live = this.#live ?? [];
    this.#live = undefined;
    for (const message of live) this.#append(message);
  }

  deliver(message: LayerMessage): boolean {
    const { type, position } = message.meta;
    if (type === "group.gap") this.isBroken = true;
    // More than it keeps came before the reading did: that is of no use any more.
    else if (this.#live !== undefined && this.#live.length >= this.#parts.size) this.isBroken = true;
    else if (position === undefined || this.isBroken) return true;
    else if (this.#live !== undefined) this.#live.push(replayed(message));
    else this.#append(replayed(message));
    return true;
  }

  /** What came after `since`; `undefined` where something may be missing. */
  after(since: Position | undefined): readonly LayerMessage[] | undefined {
    if (since === undefined || this.isBroken) return undefined;
    if (since === this.#top) return [];
    // From the newest on: who comes back has missed little, as a rule.
    for (let i = this.#events.size - 1; i >= 0; i -= 1) {
      if (this.#events.at(i)?.meta.position === since) return this.#from(i + 1);
    }
    return undefined;
  }

  /** What a member finds that joins now. */
  found(isRecovered: boolean): Joined {
    return Object.freeze({ recovered: isRecovered, position: this.#top });
  }

  #from(start: number): readonly LayerMessage[] {
    return Array.from({ length: this.#events.size - start }, (_, i) => this.#events.at(start + i) as LayerMessage);
  }

  // A position is an event's own, so what was read and delivered is known for one.
  #append(message: LayerMessage): void {
    const position = message.meta.position as Position;
    const relation = this.#parts.compare(this.#top, position);
    if (relation === "same" || relation === "past") return;
    if (relation !== "next") this.#events.clear();
    if (this.#events.size >= this.#parts.size) this.#events.shift();
    this.#events.push(message);
    this.#top = position;
  }
}

/** The same message for who missed it: it is never too old. */
export function replayed(message: LayerMessage): LayerMessage {
  return { ...message, meta: Object.freeze({ ...message.meta, replayed: true }), expiresAtMs: Infinity };
}
