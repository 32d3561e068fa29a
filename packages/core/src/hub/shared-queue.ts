import { SolentError } from "../errors/solent-error.ts";
import { type Deferred, deferred, rejected } from "../internal/deferred.ts";
import type { BrokerQueues, Pulled, QueuedHole, QueuedMessage } from "../layer/broker.ts";
import { gapNotice, type LayerMessage, type LeasedMessage } from "../layer/message.ts";
import { Readers, type ReceiveOptions } from "../layer/readers.ts";
import { unleased } from "./plain-channels.ts";

/** What the readers of a queue share with those of all others. */
export interface SharedQueueParts {
  readonly broker: BrokerQueues;
  readonly leaseMs: number;
  /** Reads a message; `undefined`, and counts it, when it cannot. */
  open(message: QueuedMessage): LayerMessage | undefined;
  /** Messages were too old. */
  expired(count: number): void;
  /** A message was given up by a worker. */
  abandoned(): void;
  /** It has begun to hold a message, which needs its lease renewed from now on. */
  holds(): void;
  /** Something is to be sent again in a while. */
  failed(): void;
  /** Nobody reads it any more. */
  left(): void;
}

type Outcome = "done" | "returned";

// A message that is leased to this node.
interface Held {
  readonly id: string;
  readonly settled: Deferred<void>;
  // Until when the lease holds for certain, by this node's clock.
  untilMs: number;
  outcome: Outcome | undefined;
}

const maxPerPull = 64;
const maxHeld = 1000;

/**
 * This node's readers of a queue that all nodes share, and what they have in hand.
 *
 * It pulls only while readers wait, at most as many messages as these are, one pull at a time; what comes for a reader that has
 * given up meanwhile goes back to its place.
 */
export class SharedQueue {
  readonly name: string;
  /** Whether the broker tells it of messages. */
  isWatched = false;
  /** Since when nobody reads it, by `performance.now`. */
  unreadSinceMs = 0;
  readonly #parts: SharedQueueParts;
  readonly #readers: Readers<LeasedMessage>;
  readonly #held = new Map<string, Held>();
  readonly #unsent = new Set<Held>();
  // What the broker could not be told. Not at once again: it may fail as fast as it is tried.
  readonly #failed = new Set<Held>();
  // Notices that nobody was there for: what stood in their place is gone from the queue.
  readonly #notices: LeasedMessage[] = [];
  readonly #flights = new Set<Promise<unknown>>();
  #turn = 0;
  #isPulling = false;
  #isHinted = false;
  #isLost = false;
  #isFlushing = false;

  constructor(name: string, parts: SharedQueueParts) {
    this.name = name;
    this.#parts = parts;
    this.#readers = new Readers(name, () => parts.left());
  }

  get readers(): number {
    return this.#readers.size;
  }

  get held(): number {
    return this.#held.size;
  }

  /** Whether it has to look again although nobody tells it to. */
  get isUneasy(): boolean {
    return this.#readers.size + this.#failed.size > 0;
  }

  /** Whether nothing here needs it. */
  get isIdle(): boolean {
    return this.#readers.size + this.#held.size + this.#notices.length === 0 && !this.#isPulling;
  }

  lease(options: ReceiveOptions = {}): Promise<LeasedMessage> {
    const { signal } = options;
    if (signal?.aborted === true) return rejected(signal.reason as Error);
    const notice = this.#notices.shift();
    if (notice !== undefined) return Promise.resolve(notice);
    if (this.#held.size >= maxHeld) {
      return rejected(new SolentError("LAYER_BUSY", { what: `messages of "${this.name}" in hand`, limit: maxHeld }));
    }
    const waiting = this.#readers.wait(options, this.#turn);
    this.pull();
    return waiting;
  }

  /** Looks into the queue for those who wait; again when it looks already. */
  pull(): void {
    if (this.#isPulling) this.#isHinted = true;
    else if (this.#readers.size > 0) this.#track(this.#pull());
  }

  /** Makes the leases anew of what is in work. */
  renew(): void {
    const { broker, leaseMs } = this.#parts;
    const now = performance.now();
    const kept = [...this.#held.values()].filter(
      ({ outcome, untilMs }) => outcome === undefined && untilMs - now < 0.8 * leaseMs,
    );
    if (kept.length === 0) return;
    const renewed = broker.settle(this.name, { done: [], returned: [], kept: kept.map(({ id }) => id), leaseMs });
    this.#track(
      renewed.then(
        () => {
          for (const held of kept) held.untilMs = now + leaseMs;
        },
        // The next time; until then the lease may be over, and another node may get it.
        () => undefined,
      ),
    );
  }

  /** Tries again what has failed, and looks into the queue for those who wait. */
  retry(): void {
    for (const held of this.#failed) this.#unsent.add(held);
    this.#failed.clear();
    this.flush();
    this.pull();
  }

  /** Tells the broker what is settled. */
  flush(): void {
    this.#isFlushing = false;
    const settled = [...this.#unsent];
    if (settled.length === 0) return;
    this.#unsent.clear();
    const idsOf = (outcome: Outcome): string[] =>
      settled.filter((held) => held.outcome === outcome).map(({ id }) => id);
    const { broker, leaseMs } = this.#parts;
    const settlement = { done: idsOf("done"), returned: idsOf("returned"), kept: [], leaseMs };
    this.#track(
      broker.settle(this.name, settlement).then(
        () => this.#forget(settled),
        () => this.#again(settled),
      ),
    );
  }

  /** Ends all waits. */
  close(reason: SolentError): void {
    this.#readers.close(reason);
    this.#notices.length = 0;
  }

  /** Resolves when nothing is on its way any more. */
  async landed(): Promise<void> {
    this.flush();
    while (this.#flights.size > 0) {
      await Promise.all(this.#flights);
      this.flush();
    }
  }

  async #pull(): Promise<void> {
    const { broker, leaseMs } = this.#parts;
    this.#isPulling = true;
    this.#isHinted = false;
    this.#turn += 1;
    // What goes back goes first: it may be what a reader looks for now.
    this.flush();
    const askedAtMs = performance.now();
    const count = Math.min(this.#readers.size, maxPerPull);
    const held = this.#isLost ? [...this.#held.keys()] : undefined;
    try {
      const pulled = await broker.pull(this.name, { count, leaseMs, held });
      this.#isLost = false;
      this.#take(pulled, { askedAtMs, count });
    } catch (error) {
      // What it was to bring may be leased to this node, which does not know.
      this.#isLost ||= !SolentError.is(error, "LAYER_UNAVAILABLE");
      this.#readers.endLooks(this.#turn, error);
      this.#parts.failed();
    }
    this.#isPulling = false;
    if (this.#isHinted) this.pull();
  }

  #take({ items, expired, isMore }: Pulled, about: { askedAtMs: number; count: number }): void {
    if (expired > 0) this.#parts.expired(expired);
    const untilMs = about.askedAtMs + this.#parts.leaseMs;
    let messages = 0;
    for (const item of items) {
      if ("group" in item) this.#giveNotice(item);
      else {
        messages += 1;
        this.#give(item, untilMs);
      }
    }
    if (isMore || messages === about.count) this.#isHinted = true;
    else this.#readers.endLooks(this.#turn);
  }

  #giveNotice({ group, cause }: QueuedHole): void {
    const message = gapNotice({ group, from: undefined, to: undefined, cause });
    const notice = unleased(message);
    if (!this.#readers.hand(notice)) this.#notices.push(notice);
  }

  #give(queued: QueuedMessage, untilMs: number): void {
    const { id, attempts } = queued;
    const held: Held = { id, settled: deferred(), untilMs, outcome: undefined };
    this.#held.set(id, held);
    this.#parts.holds();
    // While this process stood still, the lease may have ended and another node may have it.
    const message = performance.now() < untilMs ? this.#parts.open(queued) : undefined;
    if (message === undefined) {
      void this.#settle(held, performance.now() < untilMs ? "done" : "returned");
      return;
    }
    const leased: LeasedMessage = {
      message,
      attempts,
      settle: () => this.#settle(held, "done"),
      giveBack: () => this.#settle(held, "returned"),
      abandon: () => {
        if (held.outcome === undefined) this.#parts.abandoned();
        return this.#settle(held, "done");
      },
    };
    if (!this.#readers.hand(leased)) void this.#settle(held, "returned");
  }

  #settle(held: Held, outcome: Outcome): Promise<void> {
    if (held.outcome === undefined) {
      held.outcome = outcome;
      this.#unsent.add(held);
      this.#flushSoon();
    }
    return held.settled.promise;
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.flush());
  }

  // As long as the lease holds nobody else can have got it.
  #again(settled: readonly Held[]): void {
    const now = performance.now();
    this.#forget(settled.filter(({ untilMs }) => untilMs <= now));
    for (const held of settled) if (held.untilMs > now) this.#failed.add(held);
    if (this.#failed.size > 0) this.#parts.failed();
  }

  #forget(settled: readonly Held[]): void {
    for (const held of settled) {
      if (this.#held.get(held.id) === held) this.#held.delete(held.id);
      held.settled.resolve();
    }
    if (this.isIdle) this.#parts.left();
  }

  #track(flight: Promise<unknown>): void {
    this.#flights.add(flight);
    const landed = (): void => void this.#flights.delete(flight);
    flight.then(landed, landed);
  }
}
