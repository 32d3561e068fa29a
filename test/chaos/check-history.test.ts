import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { Entry, History, NodeHistory, Window } from "./history.ts";

const group = "room";

type Line = (at: number) => Entry;

const publishes =
  (id: string, to = group): Line =>
  (at) => ({ at, kind: "publish", id, group: to });
const sends =
  (id: string, to: string): Line =>
  (at) => ({ at, kind: "send", id, to });
const told =
  (id: string, outcome = "accepted"): Line =>
  (at) => ({ at, kind: "outcome", id, outcome });
const joins =
  (member: string): Line =>
  (at) => ({ at, kind: "join", member, group });
const joined =
  (member: string): Line =>
  (at) => ({ at, kind: "joined", member, group });
const leaves =
  (member: string): Line =>
  (at) => ({ at, kind: "left", member, group });
const gap =
  (member: string): Line =>
  (at) => ({ at, kind: "gap", member, group, cause: "reconnect" });

function gets(member: string, id: string, position?: string): Line {
  return (at) => ({ at, kind: "got", member, group, id, position });
}

function getsDirectly(member: string, id: string): Line {
  return (at) => ({ at, kind: "got", member, group: undefined, id, position: undefined });
}

/** Lines of all nodes in the order of time, ten apart: `[node, line]`. */
function story(
  lines: readonly (readonly [string, Line])[],
  about: Partial<History> & { killed?: string } = {},
): History {
  const perNode = new Map<string, Entry[]>();
  for (const [number, [node, line]] of lines.entries()) {
    const entries = perNode.get(node) ?? [];
    entries.push(line((number + 1) * 10));
    perNode.set(node, entries);
  }
  const nodes = [...perNode].map(([node, entries]): NodeHistory => ({
    node,
    entries,
    wasKilled: about.killed === node,
  }));
  return { nodes, failovers: about.failovers ?? [], last: about.last ?? [] };
}

const rulesOf = (history: History): readonly string[] => checkHistory(history).map(({ rule }) => rule);

/** Two members, x on node x and y on node y, that have both joined. */
const both: readonly (readonly [string, Line])[] = [
  ["x", joins("x")],
  ["x", joined("x")],
  ["y", joins("y")],
  ["y", joined("y")],
];

/** What node p had accepted, one after the other. */
const published = (...ids: string[]): readonly (readonly [string, Line])[] =>
  ids.flatMap((id) => [["p", publishes(id)] as const, ["p", told(id)] as const]);

const all = (member: string, ...ids: string[]): readonly (readonly [string, Line])[] =>
  ids.map((id) => [member, gets(member, id)] as const);

describe("checkHistory", () => {
  test("accepts that everybody gets everything in one order", () => {
    expect(rulesOf(story([...both, ...published("1", "2"), ...all("x", "1", "2"), ...all("y", "1", "2")]))).toEqual([]);
  });

  test("finds what nobody sent, and what was sent elsewhere", () => {
    expect(rulesOf(story([...both, ...all("x", "1")]))).toContain("nothing invented");
    const elsewhere = story([...both, ["p", publishes("1", "other")], ["p", told("1")], ...all("x", "1")]);
    expect(rulesOf(elsewhere)).toContain("nothing invented");
    const direct = story([...both, ["p", sends("1", "x")], ["p", told("1")], ["x", getsDirectly("x", "1")]]);
    expect(rulesOf(direct)).toEqual([]);
    const misled = story([...both, ["p", sends("1", "x")], ["p", told("1")], ["y", getsDirectly("y", "1")]]);
    expect(rulesOf(misled)).toEqual(["nothing invented", "what was accepted is delivered"]);
  });

  test("finds what a member got twice, also after it had left and come back", () => {
    expect(rulesOf(story([...both, ...published("1"), ...all("x", "1", "1"), ...all("y", "1")]))).toContain(
      "nothing twice",
    );
    const again = [["x", leaves("x")], ["x", joins("x")], ["x", joined("x")], ...all("x", "1")] as const;
    expect(rulesOf(story([...both, ...published("1"), ...all("x", "1"), ...all("y", "1"), ...again]))).toContain(
      "nothing twice",
    );
  });

  test("finds what reached somebody who had left", () => {
    const history = story([...both, ["x", leaves("x")], ...published("1"), ...all("x", "1"), ...all("y", "1")]);
    expect(rulesOf(history)).toEqual(["only members hear a group"]);
  });

  test("finds two members that saw two messages in different orders", () => {
    const lines = [
      ["p", publishes("1")],
      ["q", publishes("2")],
      ["p", told("1")],
      ["q", told("2")],
    ] as const;
    const [violation] = checkHistory(story([...both, ...lines, ...all("x", "1", "2"), ...all("y", "2", "1")]));
    expect(violation).toMatchObject({ rule: "one order everywhere" });
    expect(violation?.what).toContain("1 before 2 (x got them in this order)");
    expect(violation?.what).toContain("2 before 1 (y got them in this order)");
    expect(rulesOf(story([...both, ...lines, ...all("x", "2", "1"), ...all("y", "2", "1")]))).toEqual([]);
  });

  test("finds an order that contradicts that of its publisher, or the time", () => {
    expect(rulesOf(story([...both, ...published("1", "2"), ...all("x", "2", "1"), ...all("y", "2", "1")]))).toEqual([
      "one order everywhere",
    ]);
    const lines = [
      ["p", publishes("1")],
      ["p", told("1")],
      ["q", publishes("2")],
      ["q", told("2")],
    ] as const;
    expect(rulesOf(story([...both, ...lines, ...all("x", "2", "1"), ...all("y", "2", "1")]))).toEqual([
      "one order everywhere",
    ]);
  });

  test("lets an uncertain message come late, and never", () => {
    const lines = [["p", publishes("1")], ["p", told("1", "LAYER_UNCERTAIN")], ...published("2")] as const;
    expect(rulesOf(story([...both, ...lines, ...all("x", "2", "1"), ...all("y", "2", "1")]))).toEqual([]);
    expect(rulesOf(story([...both, ...lines, ...all("x", "2"), ...all("y", "2")]))).toEqual([]);
    // But who got it shows that it was sent.
    expect(rulesOf(story([...both, ...lines, ...all("x", "1", "2"), ...all("y", "2")]))).toEqual(["no silent gap"]);
  });

  test("finds a message that one member missed, unless a notice stands at its place", () => {
    const lines = [...both, ...published("1", "2", "3"), ...all("x", "1", "2", "3")];
    expect(rulesOf(story([...lines, ...all("y", "1", "3")]))).toEqual(["no silent gap"]);
    expect(rulesOf(story([...lines, ...all("y", "1"), ["y", gap("y")], ...all("y", "3")]))).toEqual([]);
    expect(rulesOf(story([...lines, ["y", gap("y")], ...all("y", "1", "3")]))).toEqual(["no silent gap"]);
    expect(rulesOf(story([...lines, ...all("y", "1", "3"), ["y", gap("y")]]))).toEqual(["no silent gap"]);
  });

  test("finds an accepted message that reached nobody at all", () => {
    const lines = [...both, ...published("1", "2", "3")];
    const found = checkHistory(story([...lines, ...all("x", "1", "3"), ...all("y", "1", "3")]));
    expect(found.map(({ what }) => what)).toEqual([
      'x missed 2 of "room" (accepted) and was told of no gap there',
      'y missed 2 of "room" (accepted) and was told of no gap there',
    ]);
    const told = (member: string) => [...all(member, "1"), [member, gap(member)] as const, ...all(member, "3")];
    expect(rulesOf(story([...lines, ...told("x"), ...told("y")]))).toEqual([]);
  });

  test("owes a member what was sent after its join had resolved, and nothing before", () => {
    const early = [...published("1"), ...both, ...published("2")];
    expect(rulesOf(story([...early, ...all("x", "2"), ...all("y", "2")]))).toEqual([]);
    expect(rulesOf(story([...early, ...all("x", "2")]))).toEqual(["no silent gap"]);
    const pending = [["x", joins("x")], ...published("1"), ["x", joined("x")]] as const;
    expect(rulesOf(story(pending))).toEqual([]);
  });

  test("owes nothing more to a member that has left, or whose node was killed", () => {
    expect(rulesOf(story([...both, ...published("1"), ...all("x", "1"), ["y", leaves("y")]]))).toEqual([]);
    expect(rulesOf(story([...both, ...published("1"), ...all("x", "1")], { killed: "y" }))).toEqual([]);
    const lines = [...both, ...published("1", "2"), ...all("x", "1", "2"), ...all("y", "2")];
    expect(rulesOf(story(lines, { killed: "y" }))).toEqual(["no silent gap"]);
  });

  test.each(["LAYER_UNAVAILABLE", "LAYER_BUSY", "CHANNEL_UNREACHABLE"])("finds a delivered %s", (code) => {
    const lines = [["p", publishes("1")], ["p", told("1", code)], ...all("x", "1"), ...all("y", "1")] as const;
    expect(new Set(rulesOf(story([...both, ...lines])))).toEqual(new Set(["what was not sent is not delivered"]));
  });

  test("finds a direct message that was taken and never came, and a send that never settled", () => {
    expect(
      rulesOf(
        story([
          ["p", sends("1", "x")],
          ["p", told("1")],
        ]),
      ),
    ).toEqual(["what was accepted is delivered"]);
    expect(rulesOf(story([["p", publishes("1")]]))).toEqual(["everything settles"]);
    expect(rulesOf(story([["p", publishes("1")]], { killed: "p" }))).toEqual([]);
  });

  test("finds a last message that did not come, notice or not", () => {
    const lines = [...both, ...published("1"), ...all("x", "1"), ["y", gap("y")]] as const;
    expect(rulesOf(story(lines))).toEqual([]);
    expect(rulesOf(story(lines, { last: ["1"] }))).toEqual(["the last messages arrive"]);
  });

  test("finds a jump in the positions that nobody was told of", () => {
    const lines = [["x", joins("x")], ["x", joined("x")], ...published("1", "2")] as const;
    const seen = (first: string, second: string) =>
      rulesOf(story([...lines, ["x", gets("x", "1", first)], ["x", gets("x", "2", second)]]));
    expect(seen("1:7 e 1", "1:8 e 2")).toEqual([]);
    expect(seen("1:7 e 1", "1:1 f 2")).toEqual([]);
    expect(seen("1:7 e 1", "1:9 e 2")).toEqual(["positions are signalled"]);
    expect(seen("1:7 e 1", "1:7 e 2")).toEqual(["positions are signalled"]);
    expect(seen("1:7 e 1", "1:8 f 2")).toEqual(["positions are signalled"]);
  });

  test("lets two servers have a time of their own while a replica takes over, and only then", () => {
    // p is still with the old server, q already with the new one; x moves before q writes, y after p has.
    const lines = [
      ["q", publishes("2")],
      ["q", told("2")],
      ["p", publishes("1")],
      ["p", told("1")],
    ] as const;
    const views = [["x", gap("x")], ...all("x", "2"), ...all("y", "1"), ["y", gap("y")]] as const;
    const after = [...published("3"), ...all("x", "3"), ...all("y", "3")];
    const window: Window = { fromAt: 45, toAt: 135 };
    const history = story([...both, ...lines, ...views, ...after], { failovers: [window] });
    expect(rulesOf(history)).toEqual([]);
    expect(rulesOf({ ...history, failovers: [] })).toEqual(["no silent gap", "no silent gap"]);
  });

  test("does not owe a join at the new server what the old one still accepted, and after that everything", () => {
    const old = [...published("1"), ["y", joins("y")], ["y", joined("y")], ...published("2")] as const;
    const after = [...published("3"), ["y", gets("y", "3")]] as const;
    const window: Window = { fromAt: 5, toAt: 65 };
    expect(rulesOf(story([...old, ...after], { failovers: [window] }))).toEqual([]);
    expect(rulesOf(story([...old, ...after]))).toEqual(["no silent gap"]);
    expect(
      rulesOf(story([...old, ...published("3"), ...published("4"), ["y", gets("y", "4")]], { failovers: [window] })),
    ).toEqual(["no silent gap"]);
  });
});
