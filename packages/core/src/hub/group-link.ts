import { SolentError } from "../errors/solent-error.ts";
import { Alarm } from "../internal/alarm.ts";
import { type Deferred, deferred } from "../internal/deferred.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import type { BrokerMessage, Position } from "../layer/broker.ts";
import type { LocalSeat } from "./hub.ts";
import { type Joined, plainlyJoined } from "../layer/member.ts";
import type { GapCause } from "../layer/message.ts";

/** A join that waits until its group is live. */
export class Waiter {
  readonly link: Link;
  readonly seat: LocalSeat;
  readonly live: Deferred<Joined> = deferred();
  readonly dueAtMs: number;
  isSettled = false;

  constructor(link: Link, seat: LocalSeat, dueAtMs: number) {
    this.link = link;
    this.seat = seat;
    this.dueAtMs = dueAtMs;
  }
}

/** Events that were missed, and whom they concern: those who were members before `tick`. */
export interface Hole {
  readonly to: Position | undefined;
  readonly cause: GapCause;
  readonly tick: number;
}

/** What this node knows about one group on the wire. */
export class Link {
  readonly name: string;
  /** Where the wire is: a command in flight is one of the two in the middle, and there is never a second one. */
  wire: "off" | "subscribing" | "on" | "unsubscribing" = "off";
  /** Which command is in flight; answers to any other are about a connection that is gone. 0 for none. */
  flight = 0;
  isWanted = false;
  /** Lost, and not restored yet. */
  isDown = false;
  /** Subscribed, and everything before told: joins resolve at once. */
  isLive = false;
  /** Why it stopped being live while it had members; they must be told of a hole. */
  lostCause: GapCause | undefined;
  lostAtTick = 0;
  /** The position of the last event, or of the cut. */
  last: Position | undefined;
  /** Which life of the broker's store it was last live in. */
  store: string | undefined;
  /** A hole that is being filled from what the group remembers: what arrives meanwhile is held. */
  hole: Hole | undefined;
  /** How often in a row it could not be read. */
  unread = 0;
  /** Events that arrived before the cut was known, or what was missing before them. */
  held: BrokerMessage[] | undefined;
  waiters: Waiter[] = [];
  unwantedAtMs = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** All joins that wait: bounded in number, each with a deadline, one timer for all. */
export class JoinWaits {
  /** How many wait now. */
  size = 0;
  readonly #timeoutMs: number;
  readonly #limit: number;
  // The time is the same for all, so they are due in the order they came.
  readonly #inOrder = new RingBuffer<Waiter>();
  readonly #alarm = new Alarm(() => this.#expire());

  constructor(timeoutMs: number, limit: number) {
    this.#timeoutMs = timeoutMs;
    this.#limit = limit;
  }

  /** @throws {SolentError} LAYER_BUSY when too many wait. */
  open(link: Link, seat: LocalSeat): Waiter {
    const limit = this.#limit;
    if (this.size >= limit) throw new SolentError("LAYER_BUSY", { what: "waiting joins", limit });
    const waiter = new Waiter(link, seat, performance.now() + this.#timeoutMs);
    this.size += 1;
    while (this.#inOrder.at(0)?.isSettled === true) this.#inOrder.shift();
    this.#inOrder.push(waiter);
    link.waiters.push(waiter);
    this.#alarm.within(this.#timeoutMs);
    return waiter;
  }

  /** Ends a wait: the join has become true, or has failed. */
  settle(waiter: Waiter, error?: SolentError): void {
    if (waiter.isSettled) return;
    waiter.isSettled = true;
    this.size -= 1;
    if (error === undefined) waiter.live.resolve(plainlyJoined);
    else waiter.live.reject(error);
  }

  close(): void {
    this.#alarm.stop();
    for (let waiter = this.#inOrder.shift(); waiter !== undefined; waiter = this.#inOrder.shift()) {
      this.settle(waiter, new SolentError("LAYER_CLOSED"));
    }
  }

  #expire(): void {
    const now = performance.now();
    for (let waiter = this.#inOrder.at(0); waiter !== undefined; waiter = this.#inOrder.at(0)) {
      if (!waiter.isSettled && waiter.dueAtMs > now) {
        this.#alarm.within(waiter.dueAtMs - now);
        return;
      }
      this.#inOrder.shift();
      if (!waiter.isSettled) this.#giveUp(waiter);
    }
  }

  // A join that rejects has not happened: the membership ends with it.
  #giveUp(waiter: Waiter): void {
    const { link, seat } = waiter;
    link.waiters = link.waiters.filter((other) => other !== waiter);
    const cause = `the join of "${link.name}" was not confirmed within ${this.#timeoutMs} ms`;
    this.settle(waiter, new SolentError("LAYER_UNAVAILABLE", { cause }));
    void seat.leave(link.name);
  }
}
