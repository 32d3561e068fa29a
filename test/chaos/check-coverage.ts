import type { Violation } from "./check-history.ts";
import type { Entry, Window } from "./history.ts";
import { type Order, timesOf } from "./order.ts";
import { relationOf } from "./position-relation.ts";
import type { Item, Membership, Sent } from "./sequence.ts";

/** One group, and what is known about the order of its messages. */
export interface CoverageParts {
  readonly memberships: readonly Membership[];
  readonly sent: readonly Sent[];
  readonly order: Order;
  readonly failovers: readonly Window[];
  /** The messages that were sent when all was well again. */
  readonly last: ReadonlySet<string>;
}

/** Whether everything that a member missed is covered by a `group.gap` notice at the place where it is missing. */
export function* checkCoverage(parts: CoverageParts): Iterable<Violation> {
  const observed = new Set(parts.memberships.flatMap(({ items }) => items.flatMap((item) => idOf(item) ?? [])));
  // What was rejected as uncertain and came to nobody was perhaps never sent.
  const real = parts.sent.filter(({ id, outcome }) => outcome === "accepted" || observed.has(id));
  for (const membership of parts.memberships) {
    yield* positions(membership);
    const got = new Map<string, number>();
    for (const [at, item] of membership.items.entries()) if (item.kind === "got") got.set(item.id, at);
    for (const message of real) {
      if (got.has(message.id) || parts.last.has(message.id)) continue;
      const missing = missingFrom(membership, message, { ...parts, got });
      if (missing !== undefined) yield silent(membership, message, missing);
    }
    yield* lasts(membership, parts, got);
  }
}

/** Where a message should have been: after the item at `from`, before that at `to`. */
interface Place {
  readonly from: number;
  readonly to: number;
}

/** The place where a message is missing without a notice; undefined when it is not owed, or its loss was told. */
function missingFrom(
  { items, joinedAt, isOver }: Membership,
  message: Sent,
  { order, failovers, got }: Pick<CoverageParts, "order" | "failovers"> & { readonly got: ReadonlyMap<string, number> },
): Place | undefined {
  const { id } = message;
  let from = -1;
  let to = items.length;
  for (const before of order.before(id)) from = Math.max(from, got.get(before) ?? -1);
  for (const after of order.after(id)) to = Math.min(to, got.get(after) ?? items.length);
  // Owed is what lies between two messages that it got, what came after its join, and in the end everything.
  const [sentAt] = timesOf(message, failovers);
  const isAfterStart = from >= 0 || (joinedAt !== undefined && sentAt > joinedAt);
  const isBeforeEnd = to < items.length || !isOver;
  if (!isAfterStart || !isBeforeEnd) return undefined;
  return items.slice(from + 1, to).some(({ kind }) => kind === "gap") ? undefined : { from, to };
}

// What the positions say themselves: a layer that shows a jump has to tell of it.
function* positions({ member, items }: Membership): Iterable<Violation> {
  for (const [at, item] of items.entries()) {
    const before = items[at - 1];
    if (before?.kind !== "got" || item.kind !== "got") continue;
    if (before.position === undefined || item.position === undefined) continue;
    const relation = relationOf(before.position, item.position);
    if (relation === "next" || relation === "fresh") continue;
    const what = `${member} got ${before.id} and then ${item.id} without a notice, and their positions are a ${relation}`;
    yield { rule: "positions are signalled", what, evidence: [before, item] };
  }
}

// A notice does not stand in for these: nothing was wrong any more.
function* lasts(
  membership: Membership,
  { sent, last }: CoverageParts,
  got: ReadonlyMap<string, number>,
): Iterable<Violation> {
  if (membership.isOver || membership.joinedAt === undefined) return;
  for (const message of sent) {
    if (!last.has(message.id) || got.has(message.id) || message.calledAt < membership.joinedAt) continue;
    yield lost(membership, message);
  }
}

function lost({ member, items }: Membership, message: Sent): Violation {
  return {
    rule: "the last messages arrive",
    what: `${member} never got ${message.id}, which was sent when all was well again`,
    evidence: [...sentLines(message), ...items.slice(-3)],
  };
}

function silent({ member, group, items }: Membership, message: Sent, { from, to }: Place): Violation {
  return {
    rule: "no silent gap",
    what: `${member} missed ${message.id} of "${group}" (${message.outcome ?? "never settled"}) and was told of no gap there`,
    evidence: [...sentLines(message), ...items.slice(Math.max(0, from - 1), Math.min(items.length, to + 2))],
  };
}

function sentLines({ id, group, calledAt, settledAt, outcome }: Sent): readonly Entry[] {
  const called: Entry = { at: calledAt, kind: "publish", id, group: group ?? "" };
  return outcome === undefined ? [called] : [called, { at: settledAt, kind: "outcome", id, outcome }];
}

function idOf(item: Item): string | undefined {
  return item.kind === "got" ? item.id : undefined;
}
