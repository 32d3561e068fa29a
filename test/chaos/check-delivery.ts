import type { Violation } from "./check-history.ts";
import type { Entry, History } from "./history.ts";
import type { Sent, Sorted } from "./sequence.ts";

type Got = Extract<Entry, { kind: "got" }>;

/** The outcomes after which a message may have been delivered. */
const maybeSent: ReadonlySet<string | undefined> = new Set([undefined, "accepted", "LAYER_UNCERTAIN"]);

/** What can be seen without any order: that nothing was invented, doubled, or delivered though it was not sent. */
export function* checkDelivery(history: History, sorted: Sorted): Iterable<Violation> {
  yield* settled(history, sorted);
  const seen = new Set<string>();
  for (const { entries } of history.nodes) {
    for (const got of entries) {
      if (got.kind !== "got") continue;
      const message = sorted.sent.get(got.id);
      yield* genuine(got, message);
      const key = `${got.member} ${got.id}`;
      if (seen.has(key)) {
        const evidence = entries.filter((entry) => "id" in entry && entry.id === got.id);
        yield { rule: "nothing twice", what: `${got.member} got ${got.id} more than once`, evidence };
      }
      seen.add(key);
    }
  }
  for (const got of sorted.strays) {
    const what = `${got.member} got ${got.id} of "${got.group}", which it is not in`;
    yield { rule: "only members hear a group", what, evidence: [got] };
  }
  yield* directs(sorted, seen);
}

function* settled({ nodes }: History, { sent }: Sorted): Iterable<Violation> {
  const killed = new Set(nodes.filter(({ wasKilled }) => wasKilled).map(({ node }) => node));
  for (const { id, node, outcome, calledAt } of sent.values()) {
    if (outcome !== undefined || killed.has(node)) continue;
    const evidence: readonly Entry[] = [{ at: calledAt, kind: "publish", id, group: "" }];
    yield { rule: "everything settles", what: `${node} never learnt what became of ${id}`, evidence };
  }
}

function* genuine(got: Got, message: Sent | undefined): Iterable<Violation> {
  if (message === undefined || message.group !== got.group || (message.to ?? got.member) !== got.member) {
    const where = got.group === undefined ? "directly" : `from "${got.group}"`;
    const truth = message === undefined ? "nobody sent it" : `it was sent to ${message.group ?? message.to}`;
    yield { rule: "nothing invented", what: `${got.member} got ${got.id} ${where}: ${truth}`, evidence: [got] };
    return;
  }
  if (maybeSent.has(message.outcome)) return;
  yield {
    rule: "what was not sent is not delivered",
    what: `${got.member} got ${got.id}, though ${message.node} was told ${message.outcome}`,
    evidence: [got, { at: message.settledAt, kind: "outcome", id: got.id, outcome: message.outcome! }],
  };
}

function* directs({ sent }: Sorted, seen: ReadonlySet<string>): Iterable<Violation> {
  for (const { id, to, outcome, settledAt, calledAt } of sent.values()) {
    if (to === undefined || outcome !== "accepted" || seen.has(`${to} ${id}`)) continue;
    yield {
      rule: "what was accepted is delivered",
      what: `${to} never got ${id}, which its node had taken`,
      evidence: [
        { at: calledAt, kind: "send", id, to },
        { at: settledAt, kind: "outcome", id, outcome },
      ],
    };
  }
}
