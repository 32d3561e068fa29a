import type { LeaseOptions, Pulled, PushOptions, QueuedHole, QueuedMessage, Settlement } from "../layer/broker.ts";

interface Entry {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly expiryMs: number;
  readonly group: string | undefined;
  expiresAtMs: number;
  attempts: number;
  /** Who has or had it last, and until when; 0 while it waits. */
  node: string;
  leasedUntilMs: number;
}

/** A queue: what waits and what is leased, each in its place. */
class InProcessQueue {
  readonly places: (Entry | QueuedHole)[] = [];
  readonly seen = new Map<string, number>();

  /** Forgets what nobody needs to know any more: leases that are over, ids of messages that cannot come again. */
  age(now: number): void {
    for (const place of this.places) {
      if (!isEntry(place) || place.leasedUntilMs === 0 || place.leasedUntilMs > now) continue;
      place.expiresAtMs = place.leasedUntilMs + place.expiryMs;
      place.leasedUntilMs = 0;
    }
    for (const [id, untilMs] of this.seen) if (untilMs <= now) this.seen.delete(id);
  }

  /** Makes room where messages have waited for too long; holes stay where their loss must be told. */
  expire(now: number): void {
    for (let i = 0; i < this.places.length; i += 1) {
      const place = this.places[i];
      if (place === undefined || !isEntry(place) || place.leasedUntilMs > 0 || place.expiresAtMs > now) continue;
      const hole = place.group === undefined ? [] : [{ group: place.group, cause: "expired" } as const];
      this.places.splice(i, 1, ...hole);
      i -= 1 - hole.length;
    }
  }

  get waiting(): number {
    return this.places.filter((place) => isEntry(place) && place.leasedUntilMs === 0).length;
  }

  /** A message of the group was refused: a hole at the end, unless there is one since the last message. */
  leaveHole(group: string): void {
    for (const place of this.places.toReversed()) {
      if (isEntry(place)) break;
      if (place.group === group) return;
    }
    this.places.push({ group, cause: "overflow" });
  }
}

/** The queues of an in-process network, by the clock of `performance.now`. */
export class InProcessQueues {
  readonly #queues = new Map<string, InProcessQueue>();
  readonly #hint: (queue: string) => void;

  /** @param hint called when something may be there for whoever watches. */
  constructor(hint: (queue: string) => void) {
    this.#hint = hint;
  }

  push(name: string, bytes: Uint8Array, { id, capacity, expiryMs, group }: PushOptions): "taken" | "full" {
    const now = performance.now();
    const queue = this.#aged(name, now);
    if (queue.seen.has(id)) return "taken";
    if (queue.waiting >= capacity) queue.expire(now);
    if (queue.waiting >= capacity) {
      if (group !== undefined) queue.leaveHole(group);
      return "full";
    }
    queue.seen.set(id, now + expiryMs);
    const expiresAtMs = now + expiryMs;
    queue.places.push({ id, bytes, expiryMs, group, expiresAtMs, attempts: 0, node: "", leasedUntilMs: 0 });
    this.#hint(name);
    return "taken";
  }

  pull(name: string, node: string, { count, leaseMs, held }: LeaseOptions): Pulled {
    const now = performance.now();
    const queue = this.#aged(name, now);
    if (held !== undefined) {
      for (const place of queue.places) {
        if (isEntry(place) && place.node === node && !held.includes(place.id)) giveBack(place);
      }
    }
    const items: (QueuedMessage | QueuedHole)[] = [];
    let [messages, expired] = [0, 0];
    for (const place of [...queue.places]) {
      if (messages === count) break;
      if (!isEntry(place)) {
        remove(queue, place);
        tell(items, place);
      } else if (place.leasedUntilMs === 0 && place.expiresAtMs <= now) {
        remove(queue, place);
        expired += 1;
        if (place.group !== undefined) tell(items, { group: place.group, cause: "expired" });
      } else if (place.leasedUntilMs === 0) {
        place.leasedUntilMs = now + leaseMs;
        place.node = node;
        place.attempts += 1;
        messages += 1;
        items.push({ id: place.id, attempts: place.attempts, bytes: place.bytes });
      }
    }
    if (queue.waiting > 0) this.#hint(name);
    return { items, expired, isMore: false };
  }

  settle(name: string, node: string, { done, returned, kept, leaseMs }: Settlement): void {
    const now = performance.now();
    const queue = this.#aged(name, now);
    for (const place of [...queue.places]) {
      if (!isEntry(place) || place.node !== node) continue;
      if (done.includes(place.id)) remove(queue, place);
      if (returned.includes(place.id)) giveBack(place);
      if (kept.includes(place.id)) place.leasedUntilMs = now + leaseMs;
    }
    if (returned.length > 0) this.#hint(name);
  }

  clear(): void {
    for (const queue of this.#queues.values()) queue.places.length = 0;
  }

  #aged(name: string, now: number): InProcessQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, (queue = new InProcessQueue()));
    queue.age(now);
    return queue;
  }
}

function isEntry(place: Entry | QueuedHole): place is Entry {
  return "bytes" in place;
}

function giveBack(entry: Entry): void {
  if (entry.leasedUntilMs > 0) entry.attempts -= 1;
  entry.leasedUntilMs = 0;
  entry.node = "";
}

function remove(queue: InProcessQueue, place: Entry | QueuedHole): void {
  const index = queue.places.indexOf(place);
  if (index !== -1) queue.places.splice(index, 1);
}

// Holes of one group in a row are one.
function tell(items: (QueuedMessage | QueuedHole)[], hole: QueuedHole): void {
  for (const item of items.toReversed()) {
    if (!("group" in item)) break;
    if (item.group === hole.group) return;
  }
  items.push(hole);
}
