import type { Batch } from "./batch.ts";
import { Backlog, type Entry, type Shipping } from "./backlog.ts";
import type { Frame } from "./frame.ts";
import type { OutboxTurn } from "./turn.ts";

/** What happens to a message of a slow reader when there is no room, and its `delivery` does not say. */
export type Overflow = "disconnect" | "dropOldest" | "dropNewest";

/** The way out: what an outbox needs of a transport. */
export interface OutboxTransport {
  /** The turn that flushes all outboxes of its kind. */
  readonly turn: OutboxTurn;
  /** Bytes handed to `write` that the peer has not taken from us yet. */
  readonly bufferedBytes: number;
  /** Whether `write` should wait for `handleDrain`. */
  readonly isCongested: boolean;
  /** Hands over what one turn collected, as one write where it can. */
  write(batch: Batch): void;
}

/** Who hears what the outbox had to do. */
export interface OutboxOwner {
  readonly maxOutboxBytes: number;
  readonly overflow: Overflow;
  /** A frame was dropped, or the peer must be cut off, because the bound was reached. */
  outboxOverflowed(action: "disconnect" | "drop", type: string): void;
}

/** Pending bytes from which `drained()` waits for the end of the turn. */
const roomBytes = 65_536;

/**
 * What waits to be sent on one connection: one write a turn while the peer keeps up, a bounded backlog while it does not.
 */
export class Outbox {
  readonly #transport: OutboxTransport;
  readonly #turn: OutboxTurn;
  readonly #owner: OutboxOwner;
  #batch: Batch | undefined;
  #backlog: Backlog | undefined;
  #waiters: (() => void)[] | undefined;

  constructor(transport: OutboxTransport, owner: OutboxOwner) {
    this.#transport = transport;
    this.#turn = transport.turn;
    this.#owner = owner;
  }

  /** Bytes that wait here, beside what the transport holds. */
  get bytes(): number {
    return (this.#batch?.bytes ?? 0) + (this.#backlog?.bytes ?? 0);
  }

  /** Whether the peer does not keep up. */
  get isBehind(): boolean {
    return this.#backlog !== undefined;
  }

  push(frame: Frame, shipping: Shipping | undefined): void {
    const size = frame.size(this.#turn.encoder);
    if (this.#backlog !== undefined) {
      this.#keep(this.#backlog, { frame, size, shipping });
      return;
    }
    const before = this.#batch;
    if (before === undefined) {
      this.#batch = this.#turn.root.append(frame, size);
      this.#turn.add(this);
    } else if (before.bytes + size <= this.#owner.maxOutboxBytes) {
      this.#batch = before.append(frame, size);
    } else {
      this.#keep(this.#intoBacklog(before), { frame, size, shipping });
    }
  }

  /** Writes what the turn collected; called once by the turn, or early before a close. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) {
      if (this.#backlog !== undefined) this.handleDrain();
      return;
    }
    this.#batch = undefined;
    this.#transport.write(batch);
    if (this.#transport.isCongested) this.#backlog = new Backlog();
    else this.#tellWaiters();
  }

  /** Writes everything that waits, room or not: it is bounded, and a close follows. */
  flushAll(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined) this.#transport.write(batch);
    const backlog = this.#backlog;
    if (backlog !== undefined && backlog.size > 0) this.#transport.write(backlog.take(this.#turn.encoder, Infinity));
  }

  /** The transport has room again. */
  handleDrain(): void {
    const backlog = this.#backlog;
    if (backlog === undefined) return;
    while (backlog.size > 0 && !this.#transport.isCongested) {
      this.#transport.write(backlog.take(this.#turn.encoder, roomBytes));
    }
    if (backlog.size > 0 || this.#transport.isCongested) return;
    this.#backlog = undefined;
    this.#tellWaiters();
  }

  /** Resolves when the peer has taken enough that sending on costs no memory. */
  drained(): Promise<void> | undefined {
    const enough = Math.min(roomBytes, this.#owner.maxOutboxBytes / 2);
    if (this.#backlog === undefined && this.bytes < enough) return undefined;
    return new Promise((resolve) => (this.#waiters ??= []).push(resolve));
  }

  /** Forgets everything; waiters are let go. */
  clear(): void {
    this.#batch = undefined;
    this.#backlog = undefined;
    this.#tellWaiters();
  }

  // A turn that alone fills the outbox: what it collected becomes the backlog, where policies can choose.
  #intoBacklog(batch: Batch): Backlog {
    const backlog = new Backlog();
    for (const frame of batch.frames()) {
      backlog.add({ frame, size: frame.size(this.#turn.encoder), shipping: undefined });
    }
    this.#batch = undefined;
    this.#backlog = backlog;
    return backlog;
  }

  #keep(backlog: Backlog, entry: Entry): void {
    const { size, shipping } = entry;
    const { maxOutboxBytes, overflow } = this.#owner;
    const delivery = shipping?.delivery;
    const type = shipping?.type ?? "";
    if (delivery === "volatile") {
      this.#owner.outboxOverflowed("drop", type);
      return;
    }
    if (delivery === "latest" && backlog.replace(type, shipping?.key)) this.#owner.outboxOverflowed("drop", type);
    const room = maxOutboxBytes - this.#transport.bufferedBytes;
    if (backlog.bytes + size > room) {
      // Deliveries that promise more than "at most once" may not be dropped: the peer resumes on a new connection.
      const policy = delivery === undefined || delivery === "latest" ? overflow : "disconnect";
      if (policy === "disconnect") {
        this.#owner.outboxOverflowed("disconnect", type);
        return;
      }
      this.#owner.outboxOverflowed("drop", type);
      if (policy === "dropNewest") return;
      while (backlog.size > 0 && backlog.bytes + size > room) backlog.dropOldest();
    }
    backlog.add(entry);
  }

  #tellWaiters(): void {
    const waiters = this.#waiters;
    if (waiters === undefined || this.#backlog !== undefined) return;
    this.#waiters = undefined;
    for (const resolve of waiters) resolve();
  }
}
