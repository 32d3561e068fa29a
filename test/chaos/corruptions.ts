import type { Violation } from "./check-history.ts";
import type { Entry, History } from "./history.ts";
import { sortHistory, type Membership } from "./sequence.ts";

/** A fault that is put into a true history, to see whether the checker finds it. */
interface Corruption {
  /** The rule that the history breaks from then on. */
  readonly rule: Violation["rule"];
  /** Undefined when nothing in this history can be falsified so. */
  readonly corrupt: (history: History) => History | undefined;
}

type Got = Extract<Entry, { kind: "got" }>;

/** Messages that follow each other without a notice, in somebody's view of a group where others saw them too. */
type Three = readonly [Got, Got, Got];

/** Every fault that the checker has to find in a real history. */
export const corruptions: Readonly<Record<string, Corruption>> = {
  "a loss": {
    rule: "no silent gap",
    corrupt: (history) => withThree(history, ([, second]) => replaced(withoutPositions(history), second, [])),
  },
  "a jump in the positions": {
    rule: "positions are signalled",
    corrupt: (history) => withThree(history, ([, second]) => replaced(history, second, [])),
  },
  "a silent gap": { rule: "no silent gap", corrupt: withoutNotice },
  "another order": {
    rule: "one order everywhere",
    corrupt: (history) =>
      withThree(history, ([, second, third]) => {
        const swapped = replaced(history, second, [{ ...second, id: third.id }]);
        return replaced(swapped, third, [{ ...third, id: second.id }]);
      }),
  },
  "a message twice": {
    rule: "nothing twice",
    corrupt: (history) => withThree(history, ([, second]) => replaced(history, second, [second, second])),
  },
  "a message that nobody sent": {
    rule: "nothing invented",
    corrupt: (history) => withThree(history, ([, second]) => replaced(history, second, [{ ...second, id: "n9.1" }])),
  },
  "a message of another group": {
    rule: "nothing invented",
    corrupt: (history) =>
      withThree(history, ([, second]) => replaced(history, second, [{ ...second, group: "room.9" }])),
  },
  "a message that surely was not sent": {
    rule: "what was not sent is not delivered",
    corrupt: (history) =>
      withThree(history, ([, { id }]) => {
        const told = entriesOf(history).find((entry) => entry.kind === "outcome" && entry.id === id)!;
        return replaced(history, told, [{ at: told.at, kind: "outcome", id, outcome: "LAYER_UNAVAILABLE" }]);
      }),
  },
  "the end of the last messages": {
    rule: "the last messages arrive",
    corrupt: (history) => {
      const last = new Set(history.last);
      const got = entriesOf(history).findLast((entry) => entry.kind === "got" && last.has(entry.id));
      return got && replaced(history, got, []);
    },
  },
};

function withThree(history: History, corrupt: (three: Three) => History): History | undefined {
  const { memberships } = sortHistory(history);
  for (const membership of memberships.filter(({ isOver }) => !isOver)) {
    const [first, second, third] = membership.items.slice(-6);
    if (first?.kind !== "got" || second?.kind !== "got" || third?.kind !== "got") continue;
    const others = memberships.filter(
      ({ group, member }) => group === membership.group && member !== membership.member,
    );
    if (others.some((other) => sawInOrder(other, second.id, third.id))) return corrupt([first, second, third]);
  }
  return undefined;
}

function sawInOrder({ items }: Membership, first: string, second: string): boolean {
  const at = (id: string): number => items.findIndex((item) => item.kind === "got" && item.id === id);
  return at(first) >= 0 && at(first) < at(second);
}

/** Takes away a notice that told of something missed. */
function withoutNotice(history: History): History | undefined {
  const gaps = entriesOf(history).filter((entry) => entry.kind === "gap");
  const missed = gaps.find((gap) => missedAt(history, gap));
  return missed && replaced(withoutPositions(history), missed, []);
}

/** Whether somebody else saw a message between those around a notice. */
function missedAt(history: History, gap: Extract<Entry, { kind: "gap" }>): boolean {
  const { memberships } = sortHistory(history);
  const own = memberships.find(({ items }) => items.includes(gap));
  if (own === undefined) return false;
  const at = own.items.indexOf(gap);
  const [before, after] = [own.items[at - 1], own.items[at + 1]];
  if (before?.kind !== "got" || after?.kind !== "got") return false;
  return memberships.some(({ items, group }) => {
    if (group !== own.group) return false;
    const ids = items.flatMap((item) => (item.kind === "got" ? [item.id] : []));
    const from = ids.indexOf(before.id);
    const between = ids.slice(from + 1, Math.max(from + 1, ids.indexOf(after.id)));
    return from >= 0 && between.some((id) => !own.items.some((item) => item.kind === "got" && item.id === id));
  });
}

function entriesOf({ nodes }: History): readonly Entry[] {
  return nodes.flatMap(({ entries }) => entries);
}

/** The history with other lines in the place of one. */
function replaced(history: History, line: Entry, by: readonly Entry[]): History {
  const place = JSON.stringify(withoutPosition(line));
  const nodes = history.nodes.map((node) => ({
    ...node,
    entries: node.entries.flatMap((entry) => (JSON.stringify(withoutPosition(entry)) === place ? by : [entry])),
  }));
  return { ...history, nodes };
}

/** What a layer without positions would have shown. */
function withoutPositions(history: History): History {
  const nodes = history.nodes.map((node) => ({ ...node, entries: node.entries.map(withoutPosition) }));
  return { ...history, nodes };
}

function withoutPosition(entry: Entry): Entry {
  return entry.kind === "got" ? { ...entry, position: undefined } : entry;
}
