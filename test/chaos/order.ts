import type { Window } from "./history.ts";
import type { Membership, Sent } from "./sequence.ts";

/** Why one message comes before another. */
export interface Because {
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

interface Edge {
  readonly to: string;
  readonly why: string;
}

const timePrefix = "at ";

/**
 * What is known about the order of the messages of one group: who saw one before another, what one publisher had accepted
 * one after the other, and what was accepted before another was sent at all.
 *
 * It is an order of some messages only, and every total order that agrees with it could have been the true one.
 */
export class Order {
  readonly #edges = new Map<string, Edge[]>();
  readonly #after = new Map<string, ReadonlySet<string>>();
  readonly #reversed = new Map<string, Edge[]>();
  readonly #before = new Map<string, ReadonlySet<string>>();

  add({ before, after, why }: Because): void {
    push(this.#edges, before, { to: after, why });
    push(this.#reversed, after, { to: before, why });
  }

  /** Every message that surely comes after this one. */
  after(id: string): ReadonlySet<string> {
    return reach(this.#edges, this.#after, id);
  }

  /** Every message that surely comes before this one. */
  before(id: string): ReadonlySet<string> {
    return reach(this.#reversed, this.#before, id);
  }

  /** Messages that come before each other in a circle, the first one again at the end; undefined when there is none. */
  circle(): readonly Because[] | undefined {
    // Of all circles a shortest one, which says most.
    let best: readonly Because[] | undefined;
    for (const id of this.#edges.keys()) {
      if (id.startsWith(timePrefix) || !this.after(id).has(id)) continue;
      const found = this.#shortest(id);
      if (best === undefined || found.length < best.length) best = found;
    }
    return best;
  }

  #shortest(start: string): readonly Because[] {
    const cameFrom = new Map<string, Because>();
    const queue = [start];
    for (const id of queue) {
      for (const { to, why } of this.#edges.get(id) ?? []) {
        if (cameFrom.has(to)) continue;
        cameFrom.set(to, { before: id, after: to, why });
        if (to === start) return trace(cameFrom, start);
        queue.push(to);
      }
    }
    return [];
  }
}

function trace(cameFrom: ReadonlyMap<string, Because>, start: string): readonly Because[] {
  const steps: Because[] = [];
  let at = start;
  do {
    const step = cameFrom.get(at)!;
    steps.unshift(step);
    at = step.before;
  } while (at !== start);
  return steps;
}

function push(edges: Map<string, Edge[]>, from: string, edge: Edge): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, [edge]);
  else known.push(edge);
}

function reach(
  edges: ReadonlyMap<string, readonly Edge[]>,
  known: Map<string, ReadonlySet<string>>,
  start: string,
): ReadonlySet<string> {
  const before = known.get(start);
  if (before !== undefined) return before;
  const found = new Set<string>();
  const queue = [start];
  for (const id of queue) {
    for (const { to } of edges.get(id) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      queue.push(to);
    }
  }
  known.set(start, found);
  return found;
}

/** What a group's order is derived from. */
export interface OrderParts {
  readonly memberships: readonly Membership[];
  /** The messages of the group in the order in which each node sent them. */
  readonly sent: readonly Sent[];
  readonly failovers: readonly Window[];
}

/** Derives the order of one group. */
export function orderOf({ memberships, sent, failovers }: OrderParts): Order {
  const order = new Order();
  addObserved(order, memberships);
  addPublished(order, sent);
  addTimes(order, sent, failovers);
  return order;
}

// All that a member ever got, whether it left in between or not.
function addObserved(order: Order, memberships: readonly Membership[]): void {
  const lastOf = new Map<string, string>();
  for (const { member, items } of memberships) {
    for (const item of items) {
      if (item.kind === "gap") continue;
      const before = lastOf.get(member);
      if (before !== undefined) order.add({ before, after: item.id, why: `${member} got them in this order` });
      lastOf.set(member, item.id);
    }
  }
}

function addPublished(order: Order, sent: readonly Sent[]): void {
  const lastOf = new Map<string, string>();
  for (const { id, node, outcome } of sent) {
    if (outcome !== "accepted") continue;
    const before = lastOf.get(node);
    if (before !== undefined) order.add({ before, after: id, why: `${node} sent them in this order` });
    lastOf.set(node, id);
  }
}

// Points in time are members of the order too, so that n messages need no n * n comparisons.
function addTimes(order: Order, sent: readonly Sent[], failovers: readonly Window[]): void {
  const points: { at: number; id: string; isEnd: boolean }[] = [];
  for (const message of sent) {
    const { id } = message;
    const [fromAt, toAt] = timesOf(message, failovers);
    points.push({ at: fromAt, id, isEnd: false });
    if (message.outcome === "accepted") points.push({ at: toAt, id, isEnd: true });
  }
  // At one time, what begins comes first: neither is surely before the other.
  points.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd));
  let number = 0;
  for (const { id, isEnd } of points) {
    const moment = `${timePrefix}${number}`;
    if (isEnd) {
      const next = `${timePrefix}${number + 1}`;
      order.add({ before: moment, after: next, why: "time passed" });
      order.add({ before: id, after: next, why: "it had been accepted" });
      number += 1;
    } else order.add({ before: moment, after: id, why: "it was sent later" });
  }
}

/**
 * When a message may have been accepted.
 *
 * While a replica takes over, two servers accept messages, each in its own time: what happened then has no time within it.
 */
export function timesOf({ calledAt, settledAt }: Sent, failovers: readonly Window[]): [fromAt: number, toAt: number] {
  let [fromAt, toAt] = [calledAt, settledAt];
  for (const window of failovers) {
    if (toAt < window.fromAt || fromAt > window.toAt) continue;
    fromAt = Math.min(fromAt, window.fromAt);
    toAt = Math.max(toAt, window.toAt);
  }
  return [fromAt, toAt];
}
