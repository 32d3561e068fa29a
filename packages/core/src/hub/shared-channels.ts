import { SolentError } from "../errors/solent-error.ts";
import { Alarm } from "../internal/alarm.ts";
import { rejected } from "../internal/deferred.ts";
import type { Broker, BrokerQueues, PushOptions, QueuedMessage } from "../layer/broker.ts";
import type { ResolvedLayerOptions } from "../layer/layer-options.ts";
import type { LayerMessage, LeasedMessage } from "../layer/message.ts";
import type { ReceiveOptions } from "../layer/readers.ts";
import type { WireCodec } from "../layer/wire-codec.ts";
import type { Hub, LocalSeat } from "./hub.ts";
import type { PlainCounters, PlainQueues } from "./plain-channels.ts";
import { decodeQueued, encodeQueued } from "./queued-event.ts";
import { SharedMember } from "./shared-member.ts";
import { SharedQueue, type SharedQueueParts } from "./shared-queue.ts";

/** What plain channels that all nodes share are made of. */
export interface SharedChannelsParts {
  readonly hub: Hub;
  readonly broker: Pick<Broker, "maxMessageBytes">;
  readonly queues: BrokerQueues;
  readonly node: string;
  readonly codec: WireCodec | undefined;
  readonly counters: PlainCounters;
}

/** Their limits and times. */
export interface SharedChannelsOptions extends ResolvedLayerOptions {
  readonly lingerMs: number;
  readonly leaseMs: number;
}

// Readers hear of messages by the broker; this is for what nobody tells: a lease of a dead node that is over, a lost word.
const lookIntervalMs = 5000;
const closeTimeoutMs = 1000;

/** The plain channels of a layer whose broker has queues: each is one queue of all nodes. */
export class SharedChannels implements PlainQueues {
  readonly #parts: SharedChannelsParts;
  readonly #options: SharedChannelsOptions;
  readonly #queues = new Map<string, SharedQueue>();
  readonly #members = new Map<string, SharedMember>();
  // What was sent to, the longest ago first, and until when that counts as use.
  readonly #sentTo = new Map<string, number>();
  readonly #lookAlarm = new Alarm(() => this.#look());
  readonly #renewAlarm = new Alarm(() => this.#renew());
  readonly #lingerAlarm = new Alarm(() => this.#endLingering());
  readonly #sweepAlarm = new Alarm(() => this.#sweep());
  readonly #queueParts: SharedQueueParts;
  #lastId = 0;
  #isClosed = false;

  constructor(parts: SharedChannelsParts, options: SharedChannelsOptions) {
    this.#parts = parts;
    this.#options = options;
    const { counters, queues } = parts;
    this.#queueParts = {
      broker: queues,
      leaseMs: options.leaseMs,
      open: (message) => this.#open(message),
      expired: (count) => (counters.expired += count),
      abandoned: () => (counters.abandoned += 1),
      holds: () => this.#within(this.#renewAlarm, options.leaseMs / 3),
      failed: () => this.#lookSoon(),
      left: () => this.#within(this.#lingerAlarm, options.lingerMs),
    };
  }

  get unseated(): number {
    let count = 0;
    for (const queue of this.#queues.values()) if (queue.readers > 0 && !this.#members.has(queue.name)) count += 1;
    return count;
  }

  readonly queued = 0;

  get readers(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.readers;
    return count;
  }

  async take(name: string, options?: ReceiveOptions): Promise<LayerMessage> {
    const leased = await this.lease(name, options);
    // It is in the reader's hands now. Should Redis not hear of that for as long as the lease is, another reader gets it too.
    void leased.settle();
    return leased.message;
  }

  lease(name: string, options: ReceiveOptions = {}): Promise<LeasedMessage> {
    let queue: SharedQueue;
    try {
      queue = this.#read(name);
    } catch (error) {
      return rejected(error as Error);
    }
    this.#members.get(name)?.use();
    if (!queue.isWatched) {
      queue.isWatched = true;
      this.#parts.queues.watch(name, true);
    }
    const leased = queue.lease(options);
    this.#lookSoon();
    if (queue.readers === 0) this.#queueParts.left();
    return leased;
  }

  async deliver(name: string, message: LayerMessage): Promise<boolean> {
    this.#send(name);
    return (await this.#push(name, message, {})) === "taken";
  }

  seatOf(name: string): LocalSeat {
    let member = this.#members.get(name);
    if (member === undefined) {
      const limit = this.#options.maxPlainChannels;
      if (this.#members.size >= limit) throw busy(limit);
      const { counters } = this.#parts;
      const push: SharedMember["push"] = (message, options) => this.#push(name, message, options);
      member = new SharedMember({ options: this.#options, counters, push, readers: () => this.#readersOf(name) });
      this.#members.set(name, member);
    }
    member.seat ??= this.#parts.hub.attach(name, member);
    member.use();
    this.#sweepAlarm.within(this.#sweepIntervalMs);
    return member.seat;
  }

  /** There may be something in a queue. */
  hint(name: string): void {
    this.#queues.get(name)?.pull();
  }

  clear(): void {
    // The queues are emptied once, by the node that was asked: see `flush`.
    this.#sweep();
  }

  /** Empties the queues, for all nodes. */
  flush(): Promise<void> {
    return this.#parts.queues.clear();
  }

  async close(reason: SolentError): Promise<void> {
    this.#isClosed = true;
    for (const alarm of [this.#lookAlarm, this.#renewAlarm, this.#lingerAlarm, this.#sweepAlarm]) alarm.stop();
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    this.#members.clear();
    for (const queue of queues) queue.close(reason);
    // What was handed out a moment ago must not come back, and what nobody got shall: the broker has to hear of both.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeTimeoutMs)));
    await Promise.race([Promise.all(queues.map((queue) => queue.landed())), late]);
    clearTimeout(timer);
  }

  get #sweepIntervalMs(): number {
    return Math.max(Math.min(this.#options.expiryMs, this.#options.groupExpiryMs) / 2, 10);
  }

  #readersOf(name: string): number {
    return this.#queues.get(name)?.readers ?? 0;
  }

  #read(name: string): SharedQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const limit = this.#options.maxPlainChannels;
    if (this.#queues.size >= limit) throw busy(limit);
    const queue = new SharedQueue(name, this.#queueParts);
    this.#queues.set(name, queue);
    return queue;
  }

  // A queue that was sent to is in use until what was sent must have expired: so many can there be of this node.
  #send(name: string): void {
    const { maxPlainChannels: limit, expiryMs } = this.#options;
    const now = performance.now();
    for (const [other, untilMs] of this.#sentTo) {
      if (untilMs > now) break;
      this.#sentTo.delete(other);
    }
    this.#sentTo.delete(name);
    if (this.#sentTo.size >= limit) throw busy(limit);
    this.#sentTo.set(name, now + expiryMs);
  }

  async #push(name: string, message: LayerMessage, options: Partial<PushOptions>): Promise<"taken" | "full"> {
    const { broker, queues, codec, node } = this.#parts;
    const { capacities, expiryMs } = this.#options;
    const bytes = encodeQueued(message, codec);
    const limit = broker.maxMessageBytes;
    if (bytes.byteLength > limit) throw new SolentError("MESSAGE_TOO_LARGE", { bytes: bytes.byteLength, limit });
    this.#lastId += 1;
    const id = `${node}-${this.#lastId.toString(36)}`;
    try {
      return await queues.push(name, bytes, { id, capacity: capacities.of(name), expiryMs, ...options });
    } catch (error) {
      throw SolentError.is(error) ? error : new SolentError("LAYER_UNCERTAIN", {}, { cause: error });
    }
  }

  #open(message: QueuedMessage): LayerMessage | undefined {
    const { counters, codec } = this.#parts;
    const expiresAtMs = this.#options.now() + this.#options.expiryMs;
    const opened = decodeQueued(message, { codec, expiresAtMs });
    if (typeof opened !== "string") return opened;
    counters[opened] += 1;
    return undefined;
  }

  #lookSoon(): void {
    this.#within(this.#lookAlarm, Math.min(lookIntervalMs, this.#options.leaseMs));
  }

  #within(alarm: Alarm, delayMs: number): void {
    if (!this.#isClosed) alarm.within(delayMs);
  }

  #look(): void {
    let isNeeded = false;
    for (const queue of this.#queues.values()) {
      queue.retry();
      isNeeded ||= queue.isUneasy;
    }
    if (isNeeded) this.#lookSoon();
  }

  #renew(): void {
    let isNeeded = false;
    for (const queue of this.#queues.values()) {
      queue.renew();
      isNeeded ||= queue.held > 0;
    }
    if (isNeeded) this.#within(this.#renewAlarm, this.#options.leaseMs / 3);
  }

  #endLingering(): void {
    const now = performance.now();
    const { lingerMs } = this.#options;
    for (const queue of this.#queues.values()) {
      if (queue.readers > 0) {
        queue.unreadSinceMs = 0;
        continue;
      }
      queue.unreadSinceMs ||= now;
      const leftMs = queue.unreadSinceMs + lingerMs - now;
      if (leftMs > 0) this.#within(this.#lingerAlarm, leftMs);
      else this.#unwatch(queue);
    }
  }

  #unwatch(queue: SharedQueue): void {
    if (queue.isWatched) this.#parts.queues.watch(queue.name, false);
    queue.isWatched = false;
    if (queue.isIdle) this.#queues.delete(queue.name);
  }

  // Ends memberships that nobody has used for long.
  #sweep(): void {
    for (const [name, member] of this.#members) {
      const { seat, isForgotten } = member;
      member.tellAllOwed();
      const isOut = seat === undefined || seat.joined === undefined || seat.joined.size === 0;
      if (!isOut && !isForgotten) continue;
      seat?.close();
      this.#members.delete(name);
    }
    if (this.#members.size > 0) this.#within(this.#sweepAlarm, this.#sweepIntervalMs);
  }
}

function busy(limit: number): SolentError {
  return new SolentError("LAYER_BUSY", { what: "plain channels in use", limit });
}
