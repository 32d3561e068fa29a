import type { Entry, History } from "./history.ts";

/** A message that somebody gave to a layer. */
export interface Sent {
  readonly id: string;
  /** Where it went: a group, or a member. */
  readonly group: string | undefined;
  readonly to: string | undefined;
  readonly node: string;
  readonly calledAt: number;
  /** When its promise settled; infinity when it never did. */
  settledAt: number;
  outcome: string | undefined;
}

type Of<Kind extends Entry["kind"]> = Extract<Entry, { kind: Kind }>;

/** What a member saw of a group while it was in it. */
export type Item = Of<"got"> | Of<"gap">;

/** One unbroken time of one member in one group. */
export interface Membership {
  readonly member: string;
  readonly group: string;
  readonly node: string;
  /** When the join resolved; undefined while it has not. */
  joinedAt: number | undefined;
  /** Whether it ended: the member left, the join was refused, or its node was killed. */
  isOver: boolean;
  readonly items: Item[];
}

/** A history, sorted by what it is about. */
export interface Sorted {
  readonly sent: ReadonlyMap<string, Sent>;
  readonly memberships: readonly Membership[];
  /** What members got that were not in the group. */
  readonly strays: readonly Of<"got">[];
  readonly directs: readonly Of<"got">[];
}

/** Sorts a history: which messages there were, and who was in which group when, seeing what. */
export function sortHistory(history: History): Sorted {
  const sent = new Map<string, Sent>();
  const memberships: Membership[] = [];
  const strays: Of<"got">[] = [];
  const directs: Of<"got">[] = [];
  for (const { node, entries, wasKilled } of history.nodes) {
    const seats: Seats = { open: new Map(), ended: new Map() };
    for (const entry of entries) {
      const { kind } = entry;
      if (kind === "publish" || kind === "send" || kind === "outcome") note(sent, node, entry);
      if (!("member" in entry)) continue;
      if (kind === "got" && entry.group === undefined) directs.push(entry);
      else if (kind === "got" && !seats.open.has(keyOf(entry))) strays.push(entry);
      else memberships.push(...advance(seats, node, entry));
    }
    if (wasKilled) for (const membership of seats.open.values()) membership.isOver = true;
  }
  return { sent, memberships, strays, directs };
}

function note(sent: Map<string, Sent>, node: string, entry: Of<"publish"> | Of<"send"> | Of<"outcome">): void {
  if (entry.kind !== "outcome") {
    const { id, at } = entry;
    const group = entry.kind === "publish" ? entry.group : undefined;
    const to = entry.kind === "send" ? entry.to : undefined;
    sent.set(id, { id, group, to, node, calledAt: at, settledAt: Infinity, outcome: undefined });
    return;
  }
  const message = sent.get(entry.id);
  if (message === undefined) throw new Error(`the outcome of a message that was never sent: ${entry.id}`);
  message.settledAt = entry.at;
  message.outcome = entry.outcome;
}

const keyOf = ({ member, group }: { member: string; group: string | undefined }): string => `${member} ${group}`;

/** The memberships of one node by member and group: now, and the last one before in which it got something. */
interface Seats {
  readonly open: Map<string, Membership>;
  readonly ended: Map<string, Membership>;
}

/** Moves a member on in a group; answers the membership that this begins, if it does. */
function advance(
  { open, ended }: Seats,
  node: string,
  entry: Extract<Entry, { member: string }>,
): readonly Membership[] {
  const key = keyOf(entry);
  const membership = open.get(key);
  if (entry.kind === "join" && membership === undefined) {
    const { member, group } = entry;
    const begun: Membership = { member, group, node, joinedAt: undefined, isOver: false, items: [] };
    open.set(key, begun);
    return [begun];
  }
  if (membership === undefined) return [];
  const before = ended.get(key);
  if (entry.kind === "joined" && entry.recovered === true && before !== undefined)
    open.set(key, goOn(before, membership));
  else if (entry.kind === "joined") membership.joinedAt ??= entry.at;
  else if (entry.kind === "got" || entry.kind === "gap") membership.items.push(entry);
  else if (entry.kind === "left" || entry.kind === "refused") {
    membership.isOver = true;
    open.delete(key);
    if (membership.items.some(({ kind }) => kind === "got")) ended.set(key, membership);
  }
  return [];
}

// It has missed nothing, so it is as if it had never left. What was begun meanwhile owes nothing of its own.
function goOn(before: Membership, begun: Membership): Membership {
  before.items.push(...begun.items.splice(0));
  before.isOver = false;
  begun.isOver = true;
  return before;
}
