import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { Joined, Seat } from "../layer/member.ts";
import {
  type ConformanceCase,
  type ConformanceHarness,
  equal,
  fault,
  holds,
  oneLayer,
  Recorder,
  rejects,
  twoLayers,
} from "./layer-conformance-case.ts";

const history = { "chat.*": { messages: 20, ageMs: 60_000 } };
const room = "chat.red";

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function say(layer: ChannelLayer, from: number, to = from): Promise<void> {
  for (const n of numbers(from, to)) await sayIn(room, layer, n);
}

function sayIn(group: string, layer: ChannelLayer, n: number): Promise<void> {
  return layer.groupSend(group, { type: "room.line", n });
}

interface Back {
  readonly member: Recorder;
  readonly seat: Seat;
  readonly joined: Joined;
}

/** A member that comes to the group, having seen everything up to `since`. */
async function comeBack(layer: ChannelLayer, since: string | undefined, group = room): Promise<Back> {
  const member = new Recorder();
  const seat = layer.attach(member);
  return { member, seat, joined: await seat.join(group, { since }) };
}

/** A member from the beginning, and the position of each event. */
async function listen(layer: ChannelLayer): Promise<{ member: Recorder; at: (n: number) => string }> {
  const { member } = await comeBack(layer, undefined);
  const at = (n: number): string =>
    member.messages.find(({ data }) => data["n"] === n)?.meta.position ?? `no position of ${n}`;
  return { member, at };
}

/** A member that has heard 1 and 2, and whose node was cut off while the events up to `last` were sent. */
async function cutOff(harness: ConformanceHarness, last: number) {
  const [here, there] = await twoLayers(harness, { history });
  const first = await listen(here);
  await say(there, 1, 2);
  await first.member.until(2);
  await fault(harness, "disconnect")(here);
  await say(there, 3, last);
  await fault(harness, "reconnect")(here);
  return { here, there, first };
}

async function heard(harness: ConformanceHarness, { member }: Back, expected: readonly unknown[]): Promise<void> {
  await member.until(expected.length);
  await harness.settle();
  equal(member.field("n"), expected, "what the member got");
}

/** What groups remember, and members that come back: with the capability `history`. */
export const historyCases: readonly ConformanceCase[] = [
  {
    name: "replays what a member missed, in order and marked, before what is new, nothing twice and nothing missing",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const first = await listen(layer);
      await say(layer, 1, 5);
      await first.member.until(5);
      // Sent without waiting: some arrive before the join, some while it reads, some after it.
      const sending = say(layer, 6, 15);
      const back = await comeBack(layer, first.at(2));
      await sending;
      await say(layer, 16);
      equal(back.joined.recovered, true, "recovered");
      await heard(harness, back, numbers(3, 16));
      const [replayed] = back.member.messages;
      equal(replayed?.meta.replayed, true, "the first is replayed");
      equal(back.member.messages.at(-1)?.meta.replayed, false, "the last is new");
      equal(
        back.member.messages.map(({ meta }) => meta.position),
        numbers(3, 16).map(first.at),
        "positions",
      );
    },
  },
  {
    name: "tells a member where the group stands, and from there nothing is missing when it comes back",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const before = await comeBack(layer, undefined);
      equal(before.joined.recovered, false, "recovered without a position");
      await say(layer, 1, 3);
      await before.member.until(3);
      const newcomer = await comeBack(layer, undefined);
      equal(newcomer.joined.position, before.member.messages[2]?.meta.position, "where the group stands");
      newcomer.seat.close();
      await say(layer, 4, 5);
      const back = await comeBack(layer, newcomer.joined.position);
      equal(back.joined.recovered, true, "recovered");
      await heard(harness, back, [4, 5]);
      equal((await comeBack(layer, back.member.messages[1]?.meta.position)).joined.recovered, true, "nothing missed");
    },
  },
  {
    name: "replays nothing of what it does not have all of, and says so",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const first = await listen(layer);
      const elsewhere = await comeBack(layer, undefined, "chat.blue");
      await say(layer, 1, 30);
      await sayIn("chat.blue", layer, 1);
      await first.member.until(30);
      await elsewhere.member.until(1);
      const foreign = elsewhere.member.messages[0]?.meta.position;
      for (const since of [first.at(9), foreign, "", "1:3 abc x", "no position", undefined]) {
        const back = await comeBack(layer, since);
        equal(back.joined.recovered, false, `recovered since ${String(since)}`);
        await harness.settle();
        equal(back.member.field("n"), [], `replayed since ${String(since)}`);
        back.seat.close();
      }
      const back = await comeBack(layer, first.at(11));
      await heard(harness, back, numbers(12, 30));
    },
  },
  {
    name: "reads what a group remembers: from a position, so many, forwards and backwards",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const first = await listen(layer);
      await say(layer, 1, 25);
      await first.member.until(25);
      const read = async (options?: Parameters<ChannelLayer["history"]>[1]): Promise<unknown> => {
        const { events, isComplete, position } = await layer.history(room, options);
        equal(position, first.at(25), "where the group stands");
        return [events.map(({ data }) => data["n"]), isComplete];
      };
      equal(await read(), [numbers(6, 25), false], "all of it");
      equal(await read({ limit: 2 }), [[6, 7], false], "the oldest");
      equal(await read({ limit: 2, reverse: true }), [[25, 24], false], "the newest");
      equal(await read({ since: first.at(22) }), [[23, 24, 25], true], "after a position");
      equal(await read({ since: first.at(10), limit: 2 }), [[11, 12], true], "two after a position");
      equal(await read({ since: first.at(10), limit: 2, reverse: true }), [[9, 8], true], "two before a position");
      equal(await read({ since: first.at(25) }), [[], true], "after the newest");
      equal(await read({ since: first.at(3) }), [[], false], "after one that is forgotten");
      const [event] = (await layer.history(room, { limit: 1 })).events;
      equal([event?.type, event?.data, event?.position], ["room.line", { n: 6 }, first.at(6)], "an event");
      await rejects(() => layer.history(room, { limit: 0 }), "CONFIG_INVALID", "a limit of 0");
      await rejects(() => layer.history("bad name"), "NAME_INVALID", "a bad name");
    },
  },
  {
    name: "remembers only in groups that are named, no volatile events, and nothing for longer than it should",
    needs: ["history"],
    async run(harness) {
      const short = { "chat.*": { messages: 20, ageMs: 60_000 }, "brief.*": { messages: 5, ageMs: 60 } };
      const layer = await oneLayer(harness, { history: short });
      const plain = await comeBack(layer, undefined, "hall");
      for (const n of [1, 2]) await sayIn("hall", layer, n);
      await plain.member.until(2);
      const again = await comeBack(layer, plain.member.messages[0]?.meta.position, "hall");
      equal(again.joined.recovered, false, "recovered in a group that remembers nothing");
      equal((await layer.history("hall")).events, [], "history of a group that remembers nothing");
      await layer.publish(room, { type: "room.typing", data: {}, volatile: true });
      await say(layer, 1);
      equal((await layer.history(room)).events.length, 1, "events remembered beside a volatile one");
      for (const n of [1, 2, 3]) await sayIn("brief.red", layer, n);
      equal((await layer.history("brief.red")).events.length, 3, "events of a group that forgets soon");
      for (let left = 3; left > 0;) left = (await layer.history("brief.red")).events.length;
    },
  },
  {
    name: "serves two hundred members that come back at once, each from where it was",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const first = await listen(layer);
      await say(layer, 1, 18);
      await first.member.until(18);
      const coming = numbers(0, 199).map((i) => comeBack(layer, first.at((i % 18) + 1)));
      const sending = say(layer, 19);
      const all = await Promise.all(coming);
      await sending;
      for (const [i, back] of all.entries()) {
        await back.member.until(18 - (i % 18));
        equal(back.member.field("n"), numbers((i % 18) + 2, 19), `member ${i}`);
      }
    },
  },
  {
    name: "replays nothing to who is in the group already, and keeps it in when it leaves while it waits",
    needs: ["history"],
    async run(harness) {
      const layer = await oneLayer(harness, { history });
      const first = await listen(layer);
      await say(layer, 1, 3);
      await first.member.until(3);
      const back = await comeBack(layer, first.at(1));
      equal((await back.seat.join(room, { since: first.at(1) })).recovered, false, "recovered a second time");
      await heard(harness, back, [2, 3]);
      const gone = new Recorder();
      const seat = layer.attach(gone);
      const joining = seat.join(room, { since: first.at(1) });
      seat.close();
      await joining;
      await say(layer, 4);
      await back.member.until(3);
      await harness.settle();
      equal(gone.messages.length, 0, "messages of a member that has ended");
    },
  },
  {
    name: "carries positions from one node to another: a member comes back elsewhere",
    needs: ["history", "nodes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { history });
      const first = await listen(here);
      await say(there, 1, 6);
      await first.member.until(6);
      const back = await comeBack(there, first.at(2));
      await say(here, 7);
      await heard(harness, back, numbers(3, 7));
    },
  },
  {
    name: "closes the hole of a lost connection by itself, before its members notice",
    needs: ["history", "nodes", "disconnect", "reconnect"],
    async run(harness) {
      const { here, there, first } = await cutOff(harness, 6);
      await say(there, 7);
      await first.member.until(7);
      await harness.settle();
      equal(first.member.field("n"), numbers(1, 7), "what the member got");
      equal(here.stats().gaps, 0, "holes that were told");
    },
  },
  {
    name: "tells of the hole of a lost connection that is larger than what the group remembers",
    needs: ["history", "nodes", "disconnect", "reconnect"],
    async run(harness) {
      const { here, there, first } = await cutOff(harness, 30);
      await first.member.until(3);
      await say(there, 31);
      await first.member.until(4);
      await harness.settle();
      equal(first.member.field("n").slice(0, 2), [1, 2], "before the hole");
      equal(first.member.types[2], "group.gap", "the hole");
      equal(first.member.field("n").at(-1), 31, "after the hole");
      equal(here.stats().gaps, 1, "holes that were told");
    },
  },
  {
    name: "fills in an event that did not arrive, at its place",
    needs: ["history", "nodes", "offsets", "loseNext"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { history });
      const first = await listen(here);
      await say(there, 1);
      await first.member.until(1);
      await fault(harness, "loseNext")(here, room);
      await say(there, 2, 4);
      await first.member.until(4);
      await harness.settle();
      equal(first.member.field("n"), numbers(1, 4), "what the member got");
    },
  },
  {
    name: "tells once of an event that did not arrive and that the group remembers no more, and goes on",
    needs: ["history", "nodes", "offsets", "loseNext"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { history: { "chat.*": { messages: 1, ageMs: 60_000 } } });
      const first = await listen(here);
      await say(there, 1);
      await first.member.until(1);
      await fault(harness, "loseNext")(here, room);
      await Promise.all(numbers(2, 6).map((n) => sayIn(room, there, n)));
      await say(there, 7);
      await first.member.until(5);
      await harness.settle();
      const got = first.member.field("n");
      equal([got[0], got.at(-1)], [1, 7], "the first and the last");
      equal(got.filter((n) => n === "group.gap").length, 1, "notices");
      equal(new Set(got).size, got.length, "events that came once");
    },
  },
  {
    name: "recovers nothing from a position that a stale copy of the store never had",
    needs: ["history", "nodes", "rewind"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { history });
      const first = await listen(here);
      await say(there, 1, 6);
      await first.member.until(6);
      await fault(harness, "rewind")(room, 3);
      await say(there, 7, 9);
      for (const n of [4, 5, 6]) {
        equal((await comeBack(there, first.at(n))).joined.recovered, false, `recovered since ${n}`);
      }
      const back = await comeBack(there, first.at(3));
      holds(back.joined.recovered, "recovered since what both have");
      await heard(harness, back, [7, 8, 9]);
    },
  },
];
