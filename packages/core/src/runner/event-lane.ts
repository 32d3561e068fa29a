import type { Environment } from "../connection/environment.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import { Mailbox } from "../layer/mailbox.ts";
import type { LayerMessage } from "../layer/message.ts";
import { type ClassInfo, shippingOf } from "./class-info.ts";

/** Whose events wait. */
export interface EventLaneOwner {
  readonly info: ClassInfo;
  readonly layer: ChannelLayer;
  readonly channelName: string;
  readonly environment: Environment;
  readonly connectionId: string;
  /** The handler that runs while they wait. */
  readonly handlerName: string;
}

/**
 * The events of one consumer that wait for their turn.
 *
 * Mostly one waits at a time, such as a sender's own event while its handler ends; only a second one opens the mailbox,
 * which knows capacity, expiry and what to do when it is full.
 */
export class EventLane {
  readonly #owner: EventLaneOwner;
  // What was missed, the next one last.
  #missed: LayerMessage[] | undefined;
  #first: LayerMessage | undefined;
  #mailbox: Mailbox | undefined;

  constructor(owner: EventLaneOwner) {
    this.#owner = owner;
  }

  get isEmpty(): boolean {
    return this.#missed === undefined && !this.#hasNew;
  }

  get #hasNew(): boolean {
    return this.#first !== undefined || (this.#mailbox !== undefined && this.#mailbox.size > 0);
  }

  /** Puts what was missed before everything that is new, and behind what was missed elsewhere. */
  replay(messages: readonly LayerMessage[]): void {
    this.#missed = [...messages.toReversed(), ...(this.#missed ?? [])];
  }

  push(message: LayerMessage): ReturnType<Mailbox["push"]> {
    if (!this.#hasNew) {
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
    const missed = this.#missed?.pop();
    if (this.#missed?.length === 0) this.#missed = undefined;
    if (missed !== undefined) return missed;
    const first = this.#first;
    if (first === undefined) return this.#mailbox?.shift();
    this.#first = undefined;
    if (first.expiresAtMs > this.#owner.layer.now()) return first;
    // The mailbox knows how an expired event is counted and told.
    this.#intoMailbox(first);
    return this.#mailbox?.shift();
  }

  clear(): void {
    this.#missed = undefined;
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

/** Tells of an event for which there was no room. @returns what happens to the connection of whoever missed it. */
export function lostEvent(
  { connectionId: id, handlerName: handler, info, environment }: EventLaneOwner,
  { meta: { type, group } }: LayerMessage,
  outcome: ReturnType<Mailbox["push"]>,
): "disconnect" | "drop" {
  const { observer, logger } = environment;
  // A direct event promises nothing: its sender is told.
  const action = outcome === "overflow" && group !== undefined ? "disconnect" : "drop";
  if (observer.overflow.hasSubscribers) observer.overflow.publish({ id, what: "inbox", type, action });
  if (action === "disconnect")
    logger.warn({ id, consumer: info.name, handler }, "a handler falls behind and its connection is closed");
  return action;
}
