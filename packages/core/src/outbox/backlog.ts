import type { Delivery } from "../contract/definition.ts";
import { Batch } from "./batch.ts";
import type { Frame, FrameEncoder } from "./frame.ts";

/** How one frame fares with a slow reader. */
export interface Shipping {
  readonly delivery: Delivery | undefined;
  /** Says which frames replace each other, for `latest`. */
  readonly key: unknown;
  /** The message type, for reports. */
  readonly type: string;
}

/** A frame that waits, with its size in bytes. */
export interface Entry {
  readonly frame: Frame;
  readonly size: number;
  readonly shipping: Shipping | undefined;
}

/** The frames of a peer that does not keep up, one by one, so that they can still be dropped or replaced. */
export class Backlog {
  bytes = 0;
  #entries: Entry[] = [];
  #start = 0;

  get size(): number {
    return this.#entries.length - this.#start;
  }

  add(entry: Entry): void {
    entry.frame.forgetBytes();
    this.#entries.push(entry);
    this.bytes += entry.size;
  }

  /** Drops an older frame of the same type and key. The newer one goes to the tail: replacing in place would reorder. */
  replace(type: string, key: unknown): boolean {
    for (let i = this.#entries.length - 1; i >= this.#start; i--) {
      const entry = this.#entries[i] as Entry;
      if (entry.shipping?.type !== type || entry.shipping.key !== key) continue;
      this.#entries.splice(i, 1);
      this.bytes -= entry.size;
      return true;
    }
    return false;
  }

  dropOldest(): void {
    this.bytes -= (this.#entries[this.#start] as Entry).size;
    this.#advance();
  }

  /** Takes frames from the front, at least one and about `bytes` of them. */
  take(encoder: FrameEncoder, bytes: number): Batch {
    let batch = new Batch();
    while (this.size > 0 && batch.bytes < bytes) {
      const { frame } = this.#entries[this.#start] as Entry;
      batch = batch.append(frame, frame.size(encoder));
      this.dropOldest();
    }
    return batch;
  }

  #advance(): void {
    this.#start++;
    // Compacting when half is gone keeps the cost of a removal constant on average.
    if (this.#start > 32 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
