import { RingBuffer } from "../internal/ring-buffer.ts";
import { type GapCause, gapNotice, type LayerMessage } from "./message.ts";

/**
 * What happens to an event of a group when a member is full.
 *
 * `"disconnect"`: the member's owner ends it, so that it comes back and knows. `"dropOldest"` and `"dropNewest"`: the
 * event is dropped, counted, and the member gets a `group.gap` notice at the place of the hole.
 */
export type OverflowPolicy = "disconnect" | "dropOldest" | "dropNewest";

/** How one message fares in a full mailbox, where that differs from the mailbox's policy. */
export interface MailboxDelivery {
  /** `"volatile"`: dropped when full, without notice. `"latest"`: replaces an older one of the same type and key. */
  readonly mode?: string | undefined;
  /** What `"latest"` is the latest of, compared by `Object.is`. */
  readonly key?: unknown;
}

/** What became of messages that were not handled. A layer has one for all its mailboxes. */
export interface DeliveryCounters {
  /** Dropped because a member was full. */
  dropped: number;
  /** Too old when their turn came. */
  expired: number;
  /** Replaced by a newer one of the same type and key. */
  replaced: number;
}

/** Options of a mailbox. */
export interface MailboxOptions {
  /** How many messages it holds; a positive integer. */
  readonly capacity: number;
  /** What happens to an event of a group when it is full. */
  readonly overflow: OverflowPolicy;
  /** The layer's clock in milliseconds, which messages expire by; `performance.now` where not given. */
  readonly now?: () => number;
  /** Also counts there. */
  readonly counters?: DeliveryCounters;
}

// A hole where events of a group were dropped: becomes a notice when its turn comes, so that drops in a row are one notice.
class Hole {
  readonly group: string;
  readonly cause: GapCause;
  readonly from: string | undefined;

  constructor(group: string, cause: GapCause, from: string | undefined) {
    this.group = group;
    this.cause = cause;
    this.from = from;
  }
}

class Keyed {
  readonly message: LayerMessage;
  readonly key: unknown;

  constructor(message: LayerMessage, key: unknown) {
    this.message = message;
    this.key = key;
  }
}

type Item = LayerMessage | Hole | Keyed;

/**
 * The bounded queue of one member: first in, first out, never silently less.
 *
 * Direct messages are never dropped: when it is full their sender is told. Every dropped or expired event of a group
 * leaves one `group.gap` notice at the place of the hole, unless it was volatile. Notices do not count towards the
 * capacity; there is at most one per group between two messages. An unused mailbox holds no array.
 */
export class Mailbox {
  /** How many messages were dropped. */
  dropped = 0;
  /** How many messages were too old. */
  expired = 0;
  /** How many messages were replaced by a newer one. */
  replaced = 0;
  readonly #options: MailboxOptions;
  readonly #now: () => number;
  readonly #items = new RingBuffer<Item>();
  #messages = 0;
  #keyed = 0;
  #before: LayerMessage | undefined;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonic;
  }

  /** How many messages and notices wait. */
  get size(): number {
    return this.#items.size;
  }

  /**
   * Takes a message, or does what the policy says when the mailbox is full.
   *
   * @returns `"taken"`; `"dropped"` when this message was dropped and counted (a direct message is refused without being
   *   counted: its sender is told); `"overflow"` when the policy asks the owner to end.
   */
  push(message: LayerMessage, delivery?: MailboxDelivery): "taken" | "dropped" | "overflow" {
    const mode = delivery?.mode ?? (message.volatile ? "volatile" : undefined);
    if (mode === "latest") this.#removeOlder(message, delivery?.key);
    if (this.#messages >= this.#options.capacity) {
      this.dropExpired();
      if (this.#messages >= this.#options.capacity && !this.#makeRoom(message, mode)) {
        if (message.meta.group === undefined || mode === "volatile") return this.#refuse(message, mode);
        return this.#options.overflow === "disconnect" ? "overflow" : this.#refuse(message, mode);
      }
    }
    this.#messages += 1;
    if (mode === "latest") {
      this.#keyed += 1;
      this.#items.push(new Keyed(message, delivery?.key));
    } else {
      this.#items.push(message);
    }
    return "taken";
  }

  /** Takes the next message or notice; expired ones are skipped and counted. `undefined` when there is none. */
  shift(): LayerMessage | undefined {
    this.dropExpired();
    const item = this.#items.shift();
    if (item === undefined) {
      this.#before = undefined;
      return undefined;
    }
    if (item instanceof Hole) {
      const { group, cause, from } = item;
      return gapNotice({ group, cause, from, to: this.#positionAfter(group) });
    }
    const message = this.#taken(item);
    if (message.meta.position !== undefined) this.#before = message;
    return message;
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#items.clear();
    this.#messages = 0;
    this.#keyed = 0;
    this.#before = undefined;
  }

  #taken(item: LayerMessage | Keyed): LayerMessage {
    this.#messages -= 1;
    if (!(item instanceof Keyed)) return item;
    this.#keyed -= 1;
    return item.message;
  }

  /** Drops what is too old, leaving notices for events of groups. */
  dropExpired(): void {
    // Messages expire in the order they came in, so those too old stand at the head, between holes at most.
    if (this.#messages === 0) return;
    const now = this.#now();
    for (let i = 0; i < this.#items.size;) {
      const item = this.#items.at(i);
      if (item === undefined) return;
      if (item instanceof Hole) {
        i += 1;
        continue;
      }
      const message = messageOf(item);
      if (message.expiresAtMs > now) return;
      this.#count("expired");
      i = this.#dropAt(i, message, "expired");
    }
  }

  // Only an event of a group may be dropped for a newer one: whoever sent a direct message was told that it was taken.
  #makeRoom(message: LayerMessage, mode: string | undefined): boolean {
    if (this.#options.overflow !== "dropOldest" || mode === "volatile" || message.meta.group === undefined)
      return false;
    for (let i = 0; i < this.#items.size; i += 1) {
      const item = this.#items.at(i);
      if (item === undefined || item instanceof Hole) continue;
      const oldest = messageOf(item);
      if (oldest.meta.group === undefined) continue;
      this.#count("dropped");
      this.#dropAt(i, oldest, "overflow");
      return true;
    }
    return false;
  }

  // Takes the message at `index` out and leaves a hole there. Returns where to look on.
  #dropAt(index: number, message: LayerMessage, cause: GapCause): number {
    const item = this.#items.at(index);
    if (item instanceof Keyed) this.#keyed -= 1;
    this.#messages -= 1;
    const { group } = message.meta;
    if (group === undefined || message.volatile || this.#hasHoleBefore(index, group)) {
      this.#items.removeAt(index);
      return index;
    }
    this.#items.set(index, new Hole(group, cause, this.#positionBefore(index, group)));
    return index + 1;
  }

  #refuse(message: LayerMessage, mode: string | undefined): "dropped" {
    const { group } = message.meta;
    if (group === undefined) return "dropped";
    this.#count("dropped");
    const end = this.#items.size;
    if (mode !== "volatile" && !this.#hasHoleBefore(end, group)) {
      this.#items.push(new Hole(group, "overflow", this.#positionBefore(end, group)));
    }
    return "dropped";
  }

  #hasHoleBefore(index: number, group: string): boolean {
    for (let i = index - 1; i >= 0; i -= 1) {
      const item = this.#items.at(i);
      if (!(item instanceof Hole)) return false;
      if (item.group === group) return true;
    }
    return false;
  }

  #positionBefore(index: number, group: string): string | undefined {
    for (let i = index - 1; i >= 0; i -= 1) {
      const item = this.#items.at(i);
      if (item === undefined || item instanceof Hole) continue;
      const { meta } = messageOf(item);
      if (meta.group === group && meta.position !== undefined) return meta.position;
    }
    return this.#before?.meta.group === group ? this.#before.meta.position : undefined;
  }

  #positionAfter(group: string): string | undefined {
    for (let i = 0; i < this.#items.size; i += 1) {
      const item = this.#items.at(i);
      if (item === undefined || item instanceof Hole) continue;
      const { meta } = messageOf(item);
      if (meta.group === group && meta.position !== undefined) return meta.position;
    }
    return undefined;
  }

  #removeOlder(message: LayerMessage, key: unknown): void {
    if (this.#keyed === 0) return;
    for (let i = this.#items.size - 1; i >= 0; i -= 1) {
      const item = this.#items.at(i);
      if (!(item instanceof Keyed) || !Object.is(item.key, key)) continue;
      const { meta } = item.message;
      if (meta.type !== message.meta.type || meta.group !== message.meta.group) continue;
      this.#items.removeAt(i);
      this.#messages -= 1;
      this.#keyed -= 1;
      this.#count("replaced");
      return;
    }
  }

  #count(what: keyof DeliveryCounters): void {
    this[what] += 1;
    const { counters } = this.#options;
    if (counters !== undefined) counters[what] += 1;
  }
}

function messageOf(item: LayerMessage | Keyed): LayerMessage {
  return item instanceof Keyed ? item.message : item;
}

function monotonic(): number {
  return performance.now();
}
