import { SolentError } from "../errors/solent-error.ts";
import { Alarm } from "../internal/alarm.ts";
import { done } from "../internal/deferred.ts";
import { ReaderQueue } from "../layer/channel.ts";
import type { Hub, LocalSeat } from "./hub.ts";
import type { ResolvedLayerOptions } from "../layer/layer-options.ts";
import type { DeliveryCounters } from "../layer/mailbox.ts";
import type { Member } from "../layer/member.ts";
import type { LayerMessage, LeasedMessage } from "../layer/message.ts";
import type { ReceiveOptions } from "../layer/readers.ts";

/** What happened to messages of plain channels. */
export interface PlainCounters extends DeliveryCounters {
  /** Given up by workers. */
  abandoned: number;
  malformed: number;
  unknownVersion: number;
}

/** The plain channels of a layer, wherever their messages are. */
export interface PlainQueues {
  /** How many are in use beside those that have a seat on the hub. */
  readonly unseated: number;
  /** How many messages wait on this node. */
  readonly queued: number;
  /** How many readers of this node wait. */
  readonly readers: number;
  take(name: string, options?: ReceiveOptions): Promise<LayerMessage>;
  lease(name: string, options?: ReceiveOptions): Promise<LeasedMessage>;
  /** @returns whether it was queued or taken. */
  deliver(name: string, message: LayerMessage): boolean | Promise<boolean>;
  /** The channel as a member of groups. */
  seatOf(name: string): LocalSeat;
  /** Forgets what waits on this node. */
  clear(): void;
  /** Ends all waits. What it resolves for must be over before the broker is closed. */
  close(reason: SolentError): Promise<void> | undefined;
}

// A plain channel exists while it holds messages, readers or memberships.
class PlainChannel implements Member {
  readonly queue: ReaderQueue;
  seat: LocalSeat | undefined;
  readonly #options: ResolvedLayerOptions;
  // When somebody last read it or added it to a group.
  #usedAtMs: number;

  constructor(queue: ReaderQueue, options: ResolvedLayerOptions) {
    this.queue = queue;
    this.#options = options;
    this.#usedAtMs = options.now();
  }

  /** Whether nobody has used it for so long that its memberships end. */
  get isForgotten(): boolean {
    return this.queue.readers === 0 && this.#options.now() - this.#usedAtMs > this.#options.groupExpiryMs;
  }

  use(): void {
    this.#usedAtMs = this.#options.now();
  }

  deliver(message: LayerMessage): boolean {
    // A reader that has waited for long uses it up to this moment.
    if (this.queue.readers > 0) this.use();
    if (message.meta.group !== undefined && this.isForgotten) {
      this.seat?.close();
      this.seat = undefined;
      return false;
    }
    return this.queue.deliver(message);
  }
}

/** The plain channels of a node: queues under any name, made by their first use and gone with their last. */
export class PlainChannels implements PlainQueues {
  readonly #options: ResolvedLayerOptions;
  readonly #hub: Hub;
  readonly #counters: DeliveryCounters;
  readonly #channels = new Map<string, PlainChannel>();
  readonly #sweep = new Alarm(() => this.sweep());

  constructor(options: ResolvedLayerOptions, hub: Hub, counters: DeliveryCounters) {
    this.#options = options;
    this.#hub = hub;
    this.#counters = counters;
  }

  /** How many are in use beside those that have a seat on the hub. */
  get unseated(): number {
    let count = 0;
    for (const channel of this.#channels.values()) if (channel.seat === undefined) count += 1;
    return count;
  }

  get queued(): number {
    let count = 0;
    for (const channel of this.#channels.values()) count += channel.queue.pending;
    return count;
  }

  get readers(): number {
    let count = 0;
    for (const channel of this.#channels.values()) count += channel.queue.readers;
    return count;
  }

  /** Whether the timer that clears what is left over is armed. */
  get isSweeping(): boolean {
    return this.#sweep.isArmed;
  }

  async take(name: string, options?: ReceiveOptions): Promise<LayerMessage> {
    const channel = this.#use(name);
    // Reading counts as use.
    channel.use();
    return channel.queue.take(options);
  }

  lease(name: string, options?: ReceiveOptions): Promise<LeasedMessage> {
    return this.take(name, options).then(unleased);
  }

  /** @returns whether it was queued or taken. */
  deliver(name: string, message: LayerMessage): boolean {
    const isTaken = this.#use(name).deliver(message);
    this.#arm(this.#options.expiryMs);
    return isTaken;
  }

  /** The channel as a member of groups. */
  seatOf(name: string): LocalSeat {
    const channel = this.#use(name);
    channel.use();
    channel.seat ??= this.#hub.attach(name, channel);
    this.#arm(Math.min(this.#options.expiryMs, this.#options.groupExpiryMs));
    return channel.seat;
  }

  /** Drops what has expired, ends memberships that nobody has used for long, forgets what is empty. */
  sweep(): void {
    for (const [name, channel] of this.#channels) this.#tidy(name, channel);
    if (this.#channels.size > 0) this.#arm(Math.min(this.#options.expiryMs, this.#options.groupExpiryMs));
  }

  clear(): void {
    for (const [name, channel] of this.#channels) {
      channel.queue.clear();
      this.#tidy(name, channel);
    }
  }

  close(reason: SolentError): undefined {
    this.#sweep.stop();
    for (const channel of this.#channels.values()) channel.queue.close(reason);
    this.#channels.clear();
  }

  #use(name: string): PlainChannel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const limit = this.#options.maxPlainChannels;
    if (this.#channels.size >= limit) throw new SolentError("LAYER_BUSY", { what: "plain channels in use", limit });
    const { capacities, overflow, now } = this.#options;
    const options = { capacity: capacities.of(name), overflow, now, counters: this.#counters };
    const queue = new ReaderQueue(name, options, () => this.#tidy(name, channel));
    const channel: PlainChannel = new PlainChannel(queue, this.#options);
    this.#channels.set(name, channel);
    return channel;
  }

  #tidy(name: string, channel: PlainChannel): void {
    const isInUse = channel.queue.sweep();
    const { seat } = channel;
    if (seat !== undefined && (seat.joined === undefined || seat.joined.size === 0 || channel.isForgotten)) {
      seat.close();
      channel.seat = undefined;
    }
    if (!isInUse && channel.seat === undefined && this.#channels.get(name) === channel) this.#channels.delete(name);
  }

  // Looks a few times per expiry time, so that leftovers stay at most half as long again.
  #arm(expiryMs: number): void {
    if (!this.#sweep.isArmed) this.#sweep.within(Math.max(expiryMs / 2, 10));
  }
}

/** A message that is gone from its channel: there is nothing to settle. */
export function unleased(message: LayerMessage): LeasedMessage {
  const settle = (): Promise<void> => done;
  return { message, attempts: 1, settle, giveBack: settle, abandon: settle };
}
