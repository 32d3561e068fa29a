import type { ChannelLayer } from "../layer/channel-layer.ts";
import { Mailbox } from "../layer/mailbox.ts";
import type { LayerMessage } from "../layer/message.ts";
import { type ClassInfo, shippingOf } from "./class-info.ts";

/** Whose events wait. */
export interface EventLaneOwner {
  readonly info: ClassInfo;
  readonly layer: ChannelLayer;
  readonly channelName: string;
}

/**
 * The events of one consumer that wait for their turn.
 *
 * Mostly one waits at a time, such as a sender's own event while its handler ends; only a second one opens the mailbox,
 * which knows capacity, expiry and what to do when it is full.
 */
export class EventLane {
  readonly #owner: EventLaneOwner;
  #first: LayerMessage | undefined;
  #mailbox: Mailbox | undefined;

  constructor(owner: EventLaneOwner) {
    this.#owner = owner;
  }

  get isEmpty(): boolean {
    return this.#first === undefined && (this.#mailbox === undefined || this.#mailbox.size === 0);
  }

  push(message: LayerMessage): ReturnType<Mailbox["push"]> {
    if (this.isEmpty) {
      this.#first = message;
      return "taken";
    }
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#intoMailbox(first);
    return this.#intoMailbox(message);
  }

  /** The next event that is not too old. */
  shift(): LayerMessage | undefined {
    const first = this.#first;
    if (first === undefined) return this.#mailbox?.shift();
    this.#first = undefined;
    if (first.expiresAtMs > this.#owner.layer.now()) return first;
    // The mailbox knows how an expired event is counted and told.
    this.#intoMailbox(first);
    return this.#mailbox?.shift();
  }

  clear(): void {
    this.#first = undefined;
    this.#mailbox?.clear();
  }

  #intoMailbox(message: LayerMessage): ReturnType<Mailbox["push"]> {
    const { info, layer, channelName } = this.#owner;
    this.#mailbox ??= new Mailbox({
      capacity: layer.capacityOf(channelName),
      overflow: layer.overflow,
      now: layer.now,
      counters: layer.counters,
    });
    const { delivery, key } = shippingOf(info.events.get(message.meta.type), message.data);
    return this.#mailbox.push(message, { mode: delivery, key });
  }
}
