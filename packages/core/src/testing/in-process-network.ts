import type { BrokerMessage, Position, Published, PublishOptions } from "../layer/broker.ts";
import type { HistoryPolicy } from "../layer/history-policy.ts";
import { InProcessQueues } from "./in-process-queues.ts";
import { InProcessBroker, type InProcessBrokerOptions, positionText } from "./in-process-broker.ts";

interface GroupState {
  epoch: number;
  number: number;
  top: Position | undefined;
  /** The newest events, whether or not the group is to remember them. */
  published: BrokerMessage[];
  kept: readonly Kept[];
}

interface Kept {
  readonly message: BrokerMessage;
  readonly atMs: number;
}

type NetworkCommand = "subscribe" | "unsubscribe" | "publish" | "send" | "positions" | "push" | "pull" | "settle";

const maxPublished = 1000;
const idleRounds = 30;

/**
 * A network between layers of one process, with every fault a test can ask for and none by chance.
 *
 * Everything that travels, commands, answers and events, takes its turn in one queue, which runs by itself after the
 * current turn of the process; `hold` stops it, and `release` lets it go on.
 */
export class InProcessNetwork {
  readonly #brokers = new Set<InProcessBroker>();
  /** @internal The queues of all nodes. */
  readonly queues: InProcessQueues = new InProcessQueues((queue) => {
    for (const broker of this.#brokers) broker.hint(queue);
  });
  readonly #groups = new Map<string, GroupState>();
  readonly #refused = new Map<string, Error>();
  readonly #failures: { readonly command: string; readonly error: Error }[] = [];
  #wire: (() => void)[] = [];
  #isHeld = false;
  #isRunning = false;
  #epochs = 0;
  #lose: ((message: BrokerMessage, broker: InProcessBroker) => boolean) | undefined;
  #copies = 1;
  #repeats = 1;

  /** A broker for one more node. */
  broker(options: InProcessBrokerOptions = {}): InProcessBroker {
    const broker = new InProcessBroker(this, options);
    this.#brokers.add(broker);
    return broker;
  }

  // Faults

  /** Stops the wire: what is sent waits. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets so many steps of the wire happen, then holds again; all of them, and the wire runs on, without a number. */
  release(steps?: number): void {
    if (steps === undefined) {
      this.#isHeld = false;
      this.#runSoon();
      return;
    }
    for (let i = 0; i < steps; i += 1) this.#wire.shift()?.();
  }

  /** How many steps wait on the wire. */
  get waiting(): number {
    return this.#wire.length;
  }

  /** Loses every delivery that the function picks, silently; `undefined` loses none. */
  loseWhere(pick: ((message: BrokerMessage, broker: InProcessBroker) => boolean) | undefined): void {
    this.#lose = pick;
  }

  /** The next event is delivered so many times, each time with the same position. */
  deliverNextTimes(copies: number): void {
    this.#copies = copies;
  }

  /** The next event is published so many times under one id, as a client does that repeats what it is not sure of. */
  publishNextTimes(repeats: number): void {
    this.#repeats = repeats;
  }

  /** The next command of that name fails without being executed. */
  failNext(command: NetworkCommand, error: Error): void {
    this.#failures.push({ command, error });
  }

  /** Refuses subscriptions of a group; `undefined` allows them again. */
  refuse(group: string, error: Error | undefined): void {
    if (error === undefined) this.#refused.delete(group);
    else this.#refused.set(group, error);
  }

  /** A stale copy takes over: the newest events of the group are forgotten, and the next one gets their number again. */
  rewind(group: string, events: number): void {
    const state = this.#groups.get(group);
    if (state === undefined) return;
    state.number = Math.max(0, state.number - events);
    state.published.splice(state.published.length - events);
    state.kept = state.kept.slice(0, -events);
    state.top = state.published.at(-1)?.position;
  }

  /** The group's position is forgotten, as one that has expired: the next event begins another epoch. */
  forget(group: string): void {
    this.#groups.delete(group);
  }

  /** Resolves when nothing travels any more and every layer has done what follows from it. */
  async settled(): Promise<void> {
    for (let idle = 0; idle < idleRounds; idle += 1) {
      await Promise.resolve();
      if (this.#wire.length > 0 && !this.#isHeld) idle = 0;
    }
  }

  // For the brokers

  /** @internal */
  step(action: () => void): void {
    this.#wire.push(action);
    this.#runSoon();
  }

  /** @internal */
  refusalOf(group: string): Error | undefined {
    return this.#refused.get(group);
  }

  /** @internal */
  takeFailure(command: string): Error | undefined {
    const index = this.#failures.findIndex((failure) => failure.command === command);
    return index === -1 ? undefined : this.#failures.splice(index, 1)[0]?.error;
  }

  /** @internal */
  topOf(group: string): Position | undefined {
    return this.#groups.get(group)?.top;
  }

  /** @internal */
  publishedTo(group: string): readonly BrokerMessage[] {
    return this.#groups.get(group)?.published ?? [];
  }

  /** @internal */
  keptOf(group: string, maxAgeMs: number): readonly BrokerMessage[] {
    const oldestMs = performance.now() - maxAgeMs;
    const kept = this.#groups.get(group)?.kept ?? [];
    return kept.filter(({ atMs }) => atMs >= oldestMs).map(({ message }) => message);
  }

  /** @internal */
  publish(group: string, bytes: Uint8Array, options: PublishOptions): Published {
    const repeats = this.#repeats;
    this.#repeats = 1;
    let published: Published = {};
    for (let i = 0; i < repeats; i += 1) {
      const position = options.volatile ? undefined : this.#advance(group, options.id);
      const message = { group, id: options.id, position, bytes };
      if (position !== undefined) this.#remember(group, message, options.keep);
      published = { position, receivers: this.#deliver(message) };
    }
    return published;
  }

  /** @internal */
  send(node: string, bytes: Uint8Array, about: { readonly id?: string; readonly channel?: string }): boolean {
    for (const broker of this.#brokers) {
      if (broker.node !== node || !broker.isConnected) continue;
      broker.arriveInInbox(bytes, about);
      return true;
    }
    return false;
  }

  /** @internal */
  remove(broker: InProcessBroker): void {
    this.#brokers.delete(broker);
  }

  #advance(group: string, id: string): Position {
    let state = this.#groups.get(group);
    if (state === undefined) {
      this.#epochs += 1;
      state = { epoch: this.#epochs, number: 0, top: undefined, published: [], kept: [] };
      this.#groups.set(group, state);
    }
    state.number += 1;
    state.top = positionText(state.epoch, state.number, id);
    return state.top;
  }

  // What goes unremembered ends what is remembered: nothing may be missing in it.
  #remember(group: string, message: BrokerMessage, keep: HistoryPolicy | undefined): void {
    const state = this.#groups.get(group);
    if (state === undefined) return;
    state.published.push(message);
    if (state.published.length > maxPublished) state.published.shift();
    const atMs = performance.now();
    if (keep === undefined) state.kept = [];
    else state.kept = [...state.kept, { message, atMs }].slice(-keep.messages);
  }

  #deliver(message: BrokerMessage): number {
    const copies = this.#copies;
    this.#copies = 1;
    let receivers = 0;
    for (const broker of this.#brokers) {
      if (!broker.isSubscribed(message.group)) continue;
      receivers += 1;
      if (this.#lose?.(message, broker) === true) continue;
      for (let i = 0; i < copies; i += 1) broker.arrive(message);
    }
    return receivers;
  }

  #runSoon(): void {
    if (this.#isRunning || this.#isHeld) return;
    this.#isRunning = true;
    queueMicrotask(() => {
      this.#isRunning = false;
      // One step a microtask: what a step sets off comes between it and the next, as it does on a real wire.
      if (!this.#isHeld) this.#wire.shift()?.();
      if (this.#wire.length > 0) this.#runSoon();
    });
  }
}
