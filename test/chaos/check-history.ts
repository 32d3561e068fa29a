import { checkCoverage } from "./check-coverage.ts";
import { checkDelivery } from "./check-delivery.ts";
import type { Entry, History } from "./history.ts";
import { orderOf } from "./order.ts";
import { sortHistory, type Sorted } from "./sequence.ts";

/** What a layer has promised and not kept. */
export interface Violation {
  readonly rule:
    | "nothing invented"
    | "nothing twice"
    | "only members hear a group"
    | "one order everywhere"
    | "no silent gap"
    | "positions are signalled"
    | "what was not sent is not delivered"
    | "what was accepted is delivered"
    | "everything settles"
    | "the last messages arrive"
    | "holes are closed";
  /** One sentence: who, what, which message. */
  readonly what: string;
  /** The lines of the history that show it. */
  readonly evidence: readonly Entry[];
}

const maxViolations = 50;

/**
 * Checks a whole history against what every `ChannelLayer` promises; answers what was broken, at most 50 things.
 *
 * Pure: the same history gives the same answer. The rules, and why they are as strict as they are and not stricter, are in
 * `docs/design/chaos.md`.
 */
export function checkHistory(history: History): readonly Violation[] {
  const sorted = sortHistory(history);
  const violations: Violation[] = [];
  for (const violation of violationsIn(history, sorted)) {
    violations.push(violation);
    if (violations.length >= maxViolations) break;
  }
  return violations;
}

function* violationsIn(history: History, sorted: Sorted): Iterable<Violation> {
  yield* checkDelivery(history, sorted);
  if (history.remembers === true) yield* checkClosed(history);
  const groups = new Set(sorted.memberships.map(({ group }) => group));
  for (const group of groups) {
    const memberships = sorted.memberships.filter((membership) => membership.group === group);
    const sent = [...sorted.sent.values()].filter((message) => message.group === group);
    const order = orderOf({ memberships, sent, failovers: history.failovers });
    const circle = order.circle();
    if (circle !== undefined) {
      const steps = circle.map(({ before, after, why }) => `${before} before ${after} (${why})`);
      const ids = new Set(circle.flatMap(({ before, after }) => [before, after]));
      yield {
        rule: "one order everywhere",
        what: `the messages of "${group}" have no order: ${steps.join("; ")}`,
        evidence: evidenceFor(history, group, ids),
      };
    } else {
      // Without an order nothing has a place that it could be missing from.
      const { failovers } = history;
      yield* checkCoverage({ memberships, sent, order, failovers, last: new Set(history.last) });
    }
  }
}

// What is still there is read; only what the store itself has lost may be missing.
function* checkClosed({ nodes }: History): Iterable<Violation> {
  for (const entry of nodes.flatMap(({ entries }) => entries)) {
    if (entry.kind !== "gap" || entry.cause === "epoch") continue;
    const what = `${entry.member} was told of a hole in "${entry.group}" (${entry.cause}), which remembers everything`;
    yield { rule: "holes are closed", what, evidence: [entry] };
  }
}

function evidenceFor({ nodes }: History, group: string, ids: ReadonlySet<string>): readonly Entry[] {
  return nodes
    .flatMap(({ entries }) => entries)
    .filter((entry) => ("id" in entry ? ids.has(entry.id) : entry.kind === "gap" && entry.group === group))
    .toSorted((a, b) => a.at - b.at)
    .filter((entry) => entry.kind !== "gap")
    .slice(0, 40);
}
