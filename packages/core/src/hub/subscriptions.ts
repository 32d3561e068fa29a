import { SolentError } from "../errors/solent-error.ts";
import { Alarm } from "../internal/alarm.ts";
import { rejected } from "../internal/deferred.ts";
import type {
  Broker,
  BrokerMessage,
  BrokerScope,
  HistoryPage,
  Position,
  PositionRelation,
  Subscribed,
} from "../layer/broker.ts";
import { type Hole, JoinWaits, Link } from "./group-link.ts";
import { type GroupLinks, joined, type LocalSeat } from "./hub.ts";
import { Lingering } from "./lingering.ts";
import { isBeforeCut, isWhole } from "./position-rules.ts";
import type { Joined } from "../layer/member.ts";
import type { GapCause, GroupGap } from "../layer/message.ts";

/** What happens with an event that is next in its group, or with a hole. */
export interface SubscriptionSink {
  /** Tells an event to the members, or to those before `tick`; `false` when it cannot be taken now, which is a hole. */
  deliver(message: BrokerMessage, tick: number | undefined): boolean;
  /** Reads what a group remembers after a position; it or its answer is `undefined` where nothing is remembered. */
  readonly missed: ((group: string, after: Position | undefined) => Promise<HistoryPage> | undefined) | undefined;
  /** Tells a hole to those who were members before `tick`. */
  gap(hole: GroupGap, tick: number): void;
  /** Whether an id was seen before; remembers it. */
  isDuplicate(id: string): boolean;
  /** The hub's moment now. */
  nextTick(): number;
}

/** Limits and times of subscriptions. */
export interface SubscriptionOptions {
  /** How long a join may wait, in ms. */
  readonly joinTimeoutMs: number;
  /** How long a subscription outlives its last member, in ms. */
  readonly lingerMs: number;
  /** How many joins may wait. */
  readonly maxWaitingJoins: number;
  /** How often positions are compared although nothing seems wrong, in ms. */
  readonly verifyIntervalMs: number;
}

const batch = 500;
const maxHeld = 1000;
/** How often a hole that could not be read is tried again. */
const maxUnread = 5;
const firstRetryMs = 100;
const longestRetryMs = 5000;

/**
 * Keeps the broker's subscriptions equal to the groups that have members, through any order of joins, leaves, lost
 * connections and late answers; and finds duplicates and holes in what arrives.
 *
 * Each group is a small machine. Once a turn the pump looks at every group that has changed: off and wanted, it
 * subscribes; on and unwanted for a while, it unsubscribes; a command in flight, it does nothing and looks again at the
 * answer. Nothing else issues commands, so their order within a turn cannot matter.
 */
export class Subscriptions implements GroupLinks {
  duplicates = 0;
  readonly #broker: Broker;
  readonly #sink: SubscriptionSink;
  readonly #options: SubscriptionOptions;
  readonly #links = new Map<string, Link>();
  readonly #dirty = new Set<Link>();
  readonly #lingering: Lingering;
  readonly #waits: JoinWaits;
  readonly #retryAlarm = new Alarm(() => this.#pumpSoon());
  readonly #verifyAlarm = new Alarm(() => void this.verify());
  #isDown = true;
  #isPumping = false;
  #flights = 0;
  #retryMs = firstRetryMs;
  #isClosed = false;

  constructor(broker: Broker, sink: SubscriptionSink, options: SubscriptionOptions) {
    this.#broker = broker;
    this.#sink = sink;
    this.#options = options;
    this.#lingering = new Lingering(options.lingerMs, (link) => this.#touch(link));
    this.#waits = new JoinWaits(options.joinTimeoutMs, options.maxWaitingJoins);
  }

  /** Joins that wait. */
  get waiting(): number {
    return this.#waits.size;
  }

  wanted(group: string, seat: LocalSeat): Promise<Joined> {
    let link = this.#links.get(group);
    if (link === undefined) {
      link = new Link(group);
      link.isDown = this.#isDown;
      this.#links.set(group, link);
    }
    link.isWanted = true;
    if (link.isLive && link.hole === undefined) return joined;
    try {
      const waiter = this.#waits.open(link, seat);
      this.#touch(link);
      return waiter.live.promise;
    } catch (error) {
      void seat.leave(group);
      return rejected(error as Error);
    }
  }

  isLive(group: string): boolean {
    const link = this.#links.get(group);
    return link?.isLive === true && link.hole === undefined;
  }

  left(group: string, seat: LocalSeat): void {
    const link = this.#links.get(group);
    if (link === undefined || link.waiters.length === 0) return;
    for (const waiter of link.waiters) if (waiter.seat === seat) this.#waits.settle(waiter);
    link.waiters = link.waiters.filter((waiter) => !waiter.isSettled);
  }

  unwanted(group: string): void {
    const link = this.#links.get(group);
    if (link === undefined) return;
    link.isWanted = false;
    if (link.wire === "off") this.#remove(link);
    else if (link.wire === "on") this.#lingering.add(link);
  }

  /** Whether the group is subscribed and live; a number that changes when that was lost in between. */
  livenessOf(group: string): number {
    const link = this.#links.get(group);
    return link?.isLive === true && link.isWanted ? link.flight : 0;
  }

  /** A publish of this node reached nobody, though this node was subscribed: the subscription is gone. */
  reachedNobody(group: string, liveness: number): void {
    const link = this.#links.get(group);
    if (link === undefined || liveness === 0 || !link.isLive || link.flight !== liveness) return;
    this.#lose(link, "loss");
    this.#touch(link);
  }

  message(message: BrokerMessage): void {
    const link = this.#links.get(message.group);
    if (link === undefined) return;
    if (link.wire === "on" && link.hole === undefined) this.#take(link, message);
    else if (link.wire === "on" || link.wire === "subscribing") this.#hold(link, message);
  }

  lost(scope: BrokerScope, cause: GapCause): void {
    if (scope === "all") this.#isDown = true;
    for (const link of this.#inScope(scope)) {
      link.isDown = true;
      this.#lose(link, cause);
      if (!link.isWanted) this.#remove(link);
    }
  }

  restored(scope: BrokerScope): void {
    if (scope === "all") this.#isDown = false;
    for (const link of this.#inScope(scope)) {
      link.isDown = false;
      this.#touch(link);
    }
  }

  /** Compares the positions of all live groups with the broker's: insurance against a loss that nobody has noticed. */
  async verify(): Promise<void> {
    const live = [...this.#links.values()].filter((link) => link.isLive && link.isWanted);
    for (let i = 0; i < live.length && !this.#isDown && !this.#isClosed; i += 100) {
      const links = live.slice(i, i + 100);
      const flights = links.map((link) => link.flight);
      try {
        const tops = await this.#broker.positions(links.map((link) => link.name));
        links.forEach((link, n) => link.flight === flights[n] && this.#compareTop(link, tops[n]));
      } catch {
        // Not available: its `lost` and `restored` bring a check of their own.
        break;
      }
    }
    this.#verifyLater();
  }

  close(): void {
    this.#isClosed = true;
    for (const alarm of [this.#retryAlarm, this.#verifyAlarm]) alarm.stop();
    this.#waits.close();
    this.#links.clear();
    this.#dirty.clear();
    this.#lingering.close();
  }

  // The wire

  #inScope(scope: BrokerScope): Iterable<Link> {
    if (scope === "all") return this.#links.values();
    return scope.flatMap((group) => this.#links.get(group) ?? []);
  }

  #touch(link: Link): void {
    this.#dirty.add(link);
    this.#pumpSoon();
  }

  // At the end of the turn, so that everything that joins or leaves in it shares a command.
  #pumpSoon(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      if (!this.#isClosed) this.#pump();
    });
  }

  #pump(): void {
    const on: Link[] = [];
    const off: Link[] = [];
    for (const link of this.#dirty) {
      if (link.isDown) continue;
      this.#dirty.delete(link);
      if (link.wire === "off" && link.isWanted) on.push(link);
      if (link.wire === "on" && !link.isWanted && this.#lingering.isOver(link)) off.push(link);
    }
    for (let i = 0; i < off.length; i += batch) void this.#unsubscribe(off.slice(i, i + batch));
    for (let i = 0; i < on.length; i += batch) void this.#subscribe(on.slice(i, i + batch));
  }

  async #subscribe(links: readonly Link[]): Promise<void> {
    const flight = (this.#flights += 1);
    for (const link of links) {
      link.wire = "subscribing";
      link.flight = flight;
    }
    let answers: readonly Subscribed[];
    try {
      answers = await this.#broker.subscribe(links.map((link) => link.name));
    } catch {
      for (const link of links) if (link.flight === flight) this.#failed(link);
      return;
    }
    for (const [i, link] of links.entries()) {
      if (link.flight !== flight || link.wire !== "subscribing") continue;
      const answer = answers[i];
      if (answer?.isUnavailable === true) this.#failed(link);
      else if (answer?.error === undefined) this.#goLive(link, answer);
      else this.#refuse(link, answer.error);
    }
  }

  async #unsubscribe(links: readonly Link[]): Promise<void> {
    const flight = (this.#flights += 1);
    for (const link of links) {
      link.wire = "unsubscribing";
      link.flight = flight;
      link.isLive = false;
      link.last = undefined;
    }
    try {
      await this.#broker.unsubscribe(links.map((link) => link.name));
    } catch {
      // Whether it is on or off now is not known. Off is the safe guess: subscribing again is harmless.
    }
    for (const link of links) {
      if (link.flight !== flight) continue;
      link.flight = 0;
      link.wire = "off";
      if (link.isWanted) this.#touch(link);
      else this.#remove(link);
    }
  }

  #failed(link: Link): void {
    link.flight = 0;
    link.wire = "off";
    link.held = undefined;
    if (!link.isWanted) {
      this.#remove(link);
      return;
    }
    this.#dirty.add(link);
    // One pause for all that failed together, and a longer one the next time.
    if (this.#retryAlarm.isArmed) return;
    this.#retryAlarm.within(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }

  // Only the joins of this group are at fault. Members from before a lost connection stay, and it is tried again for them.
  #refuse(link: Link, error: Error): void {
    const waiters = link.waiters;
    link.waiters = [];
    const reason = SolentError.is(error)
      ? error
      : new SolentError("LAYER_UNAVAILABLE", { cause: error.message }, { cause: error });
    for (const waiter of waiters) {
      this.#waits.settle(waiter, reason);
      void waiter.seat.leave(link.name);
    }
    this.#failed(link);
  }

  #goLive(link: Link, answer: Subscribed | undefined): void {
    const { held, lostCause } = link;
    const cut = answer?.position;
    this.#retryMs = firstRetryMs;
    link.wire = "on";
    link.isLive = true;
    link.held = undefined;
    link.lostCause = undefined;
    if (lostCause !== undefined) this.#tellLost(link, { cut, cause: lostCause, isOther: link.store !== answer?.store });
    link.store = answer?.store;
    if (link.hole !== undefined) link.held = held;
    else {
      link.last = cut;
      for (const message of this.#behind(cut, held ?? [])) this.#take(link, message);
    }
    if (link.hole === undefined) this.#settleJoins(link);
    if (!link.isWanted) this.#lingering.add(link);
    this.#verifyLater();
  }

  // A copy of the store that has fallen behind may agree with us, and neither know what happened after that: only that it is
  // another store tells of it.
  #tellLost(
    link: Link,
    { cut, cause, isOther }: { cut: Position | undefined; cause: GapCause; isOther: boolean },
  ): void {
    if (!this.#broker.capabilities.offsets) {
      this.#gap(link, undefined, { cause, tick: link.lostAtTick });
      return;
    }
    const relation = cut === undefined ? (link.last === undefined ? "same" : "break") : this.#relation(link.last, cut);
    if (relation === "same" && !isOther) return;
    const isCounted = !isOther && (relation === "gap" || relation === "next");
    const hole = { to: cut, cause: isCounted ? cause : "epoch", tick: link.lostAtTick } as const;
    if (!isCounted || !this.#fill(link, hole)) this.#gap(link, cut, hole);
  }

  // What is missing is read, where the group remembers it; until then what arrives is held.
  #fill(link: Link, hole: Hole): boolean {
    const reading = link.isWanted ? this.#sink.missed?.(link.name, link.last) : undefined;
    if (reading === undefined) return false;
    link.hole = hole;
    const { flight } = link;
    const isCurrent = (): boolean => link.hole === hole && link.flight === flight;
    reading.then(
      (page) => isCurrent() && this.#filled(link, hole, page),
      () => isCurrent() && this.#unread(link, hole),
    );
    return true;
  }

  // The store is away, as a rule: whoever subscribes again finds the hole again. Not for ever.
  #unread(link: Link, hole: Hole): void {
    link.unread += 1;
    if (link.unread > maxUnread) return this.#filled(link, hole, undefined);
    this.#lose(link, hole.cause);
    this.#failed(link);
  }

  #filled(link: Link, { to, cause, tick }: Hole, page: HistoryPage | undefined): void {
    let held = link.held ?? [];
    link.held = undefined;
    link.hole = undefined;
    link.unread = 0;
    if (page !== undefined && isWhole(page, link.last, (last, next) => this.#relation(last, next))) {
      for (const message of page.messages) this.#take(link, message, tick);
    } else {
      this.#gap(link, to, { cause, tick });
      link.last = to;
      // The hole was told with the event that showed it, which is the first of these.
      if (to !== undefined && held[0]?.position === to) this.#give(link, held.shift() as BrokerMessage, { before: to });
      // What came before the cut is part of the hole.
      held = this.#behind(to, held);
    }
    for (const message of held) this.message(message);
    if (link.isLive && link.hole === undefined) this.#settleJoins(link);
  }

  #behind(cut: Position | undefined, messages: readonly BrokerMessage[]): BrokerMessage[] {
    return messages.filter(({ position }) => position === undefined || !isBeforeCut(this.#relation(cut, position)));
  }

  #settleJoins(link: Link): void {
    const { waiters } = link;
    link.waiters = [];
    for (const waiter of waiters) this.#waits.settle(waiter);
  }

  #lose(link: Link, cause: GapCause): void {
    if (link.isLive && link.isWanted) {
      link.lostCause = link.hole?.cause ?? cause;
      link.lostAtTick = link.hole?.tick ?? this.#sink.nextTick();
    }
    link.hole = undefined;
    link.isLive = false;
    link.wire = "off";
    link.flight = 0;
    link.held = undefined;
  }

  #remove(link: Link): void {
    this.#dirty.delete(link);
    if (this.#links.get(link.name) === link) this.#links.delete(link.name);
  }

  // What arrives

  #hold(link: Link, message: BrokerMessage): void {
    link.held ??= [];
    if (link.held.length < maxHeld) {
      link.held.push(message);
      return;
    }
    // More than we keep arrived before the answer: ask for a later cut.
    if (link.hole !== undefined) this.#lose(link, "loss");
    this.#failed(link);
  }

  #take(link: Link, message: BrokerMessage, tick?: number): void {
    const { id, position } = message;
    const before = link.last;
    const relation = position === undefined ? "next" : this.#relation(before, position);
    if (relation === "gap" && this.#holdForHole(link, message)) return;
    const isDuplicate = id !== undefined && this.#sink.isDuplicate(id);
    // A number alone never decides: after a stale copy has taken over, new events get old numbers. Their ids are new.
    if (position !== undefined && !(isDuplicate && isBeforeCut(relation))) {
      if (relation !== "next" && relation !== "fresh")
        this.#gap(link, position, { cause: relation === "gap" ? "loss" : "epoch" });
      link.last = position;
    }
    if (isDuplicate) this.duplicates += 1;
    else this.#give(link, message, { before, tick });
  }

  #give(
    link: Link,
    message: BrokerMessage,
    { before, tick }: { before: Position | undefined; tick?: number | undefined },
  ): void {
    if (!link.isWanted || this.#sink.deliver(message, tick)) return;
    link.last = before;
    this.#lose(link, "loss");
    this.#touch(link);
  }

  // A hole before this event is filled first, where the group remembers what is missing.
  #holdForHole(link: Link, message: BrokerMessage): boolean {
    if (!this.#fill(link, { to: message.position, cause: "loss", tick: this.#sink.nextTick() })) return false;
    this.#hold(link, message);
    return true;
  }

  #compareTop(link: Link, top: Position | undefined): void {
    if (top === undefined || !link.isLive) return;
    const relation = this.#relation(link.last, top);
    if (relation === "same" || relation === "past" || link.hole !== undefined) return;
    const isCounted = relation === "gap" || relation === "next";
    if (isCounted && this.#fill(link, { to: top, cause: "loss", tick: this.#sink.nextTick() })) return;
    this.#gap(link, top, { cause: relation === "break" || relation === "fresh" ? "epoch" : "loss" });
    link.last = top;
  }

  #relation(last: Position | undefined, next: Position): PositionRelation {
    return this.#broker.compare(last, next);
  }

  #gap(link: Link, to: Position | undefined, about: { cause: GapCause; tick?: number }): void {
    if (!link.isWanted) return;
    const hole = { group: link.name, from: link.last, to, cause: about.cause };
    this.#sink.gap(hole, about.tick ?? this.#sink.nextTick());
  }

  // Times

  #verifyLater(): void {
    if (!this.#broker.capabilities.offsets || this.#isClosed || this.#links.size === 0) return;
    this.#verifyAlarm.within(this.#options.verifyIntervalMs);
  }
}
