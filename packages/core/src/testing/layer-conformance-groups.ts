import type { Channel } from "../layer/channel.ts";
import type { ChannelLayer, Seat } from "../layer/channel-layer.ts";
import type { LayerMessage } from "../layer/message.ts";
import {
  type ConformanceCase,
  type ConformanceHarness,
  equal,
  holds,
  oneLayer,
  Recorder,
  rejects,
} from "./layer-conformance-case.ts";

const say = (text: string): { type: string; text: string } => ({ type: "chat.message", text });

async function joined(
  layer: ChannelLayer,
  group: string,
  onDeliver?: (message: LayerMessage) => void,
): Promise<{ readonly member: Recorder; readonly seat: Seat }> {
  const member = new Recorder(onDeliver);
  const seat = layer.attach(member);
  await seat.join(group);
  return { member, seat };
}

async function send(harness: ConformanceHarness, layer: ChannelLayer, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await layer.groupSend("room", say(text));
  await harness.settle();
}

async function drained(channel: Channel): Promise<unknown[]> {
  const got: unknown[] = [];
  while (channel.pending > 0) {
    const message = await channel.receive();
    got.push(message["text"] ?? message.type);
  }
  return got;
}

/** Groups: who gets an event, in which order, and what leaving means. */
export const groupCases: readonly ConformanceCase[] = [
  {
    name: "reaches every member of a group once, the sender included, and nobody who has left",
    async run(harness) {
      const layer = await oneLayer(harness);
      const members = await Promise.all([1, 2, 3].map(() => joined(layer, "room")));
      const sender = members[0];
      const gone = members[2];
      if (sender === undefined || gone === undefined) throw new Error("no members");
      await gone.seat.leave("room");
      const event = { type: "chat.message", data: { text: "hello" }, sender: sender.seat.channelName };
      await layer.publish("room", event);
      await layer.groupSend("other", say("elsewhere"));
      await harness.settle();
      equal(
        members.map(({ member }) => member.field("text")),
        [["hello"], ["hello"], []],
        "what the members got",
      );
      const meta = sender.member.messages[0]?.meta;
      equal([meta?.group, meta?.replayed], ["room", false], "what is told about it");
      holds(Object.isFrozen(meta), "the meta is frozen");
    },
  },
  {
    name: "tells the members who has sent an event",
    needs: ["envelopes"],
    async run(harness) {
      const layer = await oneLayer(harness);
      const { member, seat } = await joined(layer, "room");
      await layer.publish("room", { type: "chat.message", data: {}, sender: seat.channelName });
      await layer.groupSend("room", say("from outside"));
      await harness.settle();
      const senders = member.messages.map(({ meta }) => meta.sender);
      equal(senders, [seat.channelName, undefined], "the senders");
    },
  },
  {
    name: "reaches a hundred channels with one send",
    async run(harness) {
      const layer = await oneLayer(harness);
      const channels = await Promise.all(Array.from({ length: 100 }, () => layer.newChannel()));
      await Promise.all(channels.map((channel) => layer.groupAdd("room", channel.name)));
      await send(harness, layer, "hello");
      for (const channel of channels) equal(await channel.receive({ timeoutMs: 0 }), say("hello"), channel.name);
      equal(
        channels.reduce((sum, channel) => sum + channel.pending, 0),
        0,
        "left over",
      );
    },
  },
  {
    name: "takes joining twice, leaving twice and sending to nobody as harmless",
    async run(harness) {
      const layer = await oneLayer(harness);
      const channel = await layer.newChannel();
      await layer.groupDiscard("room", channel.name);
      await layer.groupDiscard("room", "never.used");
      await layer.groupAdd("room", channel.name);
      await layer.groupAdd("room", channel.name);
      await send(harness, layer, "once");
      equal([(await channel.receive())["text"], channel.pending], ["once", 0], "one delivery");
      await layer.groupDiscard("room", channel.name);
      await layer.groupDiscard("room", channel.name);
      await send(harness, layer, "nobody");
      equal(channel.pending, 0, "nothing after leaving");
      equal(layer.stats().groups, 0, "groups left");
    },
  },
  {
    name: "leaves out the channels named in except",
    needs: ["envelopes"],
    async run(harness) {
      const layer = await oneLayer(harness);
      const members = await Promise.all([1, 2, 3].map(() => joined(layer, "room")));
      const names = members.map(({ seat }) => seat.channelName);
      const [first = "", second = ""] = names;
      await layer.groupSend("room", say("a"), { except: first });
      await layer.groupSend("room", say("b"), { except: [first, second, "specific.nowhere!1"] });
      await layer.groupSend("room", say("c"), { except: [] });
      await layer.publish("room", { type: "chat.message", data: { text: "d" }, except: second });
      await harness.settle();
      const got = members.map(({ member }) => member.field("text").join(""));
      equal(got, ["cd", "ac", "abcd"], "what the members got");
    },
  },
  {
    name: "keeps one order for all members while a member sends from inside its handler",
    async run(harness) {
      const layer = await oneLayer(harness);
      const sent: Promise<void>[] = [];
      const talker = await joined(layer, "room", ({ data }) => {
        if (data["text"] === "m1") sent.push(layer.groupSend("room", say("m2")), layer.groupSend("room", say("m3")));
      });
      const listener = await joined(layer, "room");
      await send(harness, layer, "m1", "m4");
      await Promise.all(sent);
      await harness.settle();
      const order = talker.member.field("text");
      equal(
        order.filter((text) => text !== "m4"),
        ["m1", "m2", "m3"],
        "the talker's order",
      );
      equal(listener.member.field("text"), order, "the listener's order");
    },
  },
  {
    name: "delivers nothing to a member that another member's handler has made leave",
    async run(harness) {
      const layer = await oneLayer(harness);
      const seats: Seat[] = [];
      const effects: Promise<void>[] = [];
      const members = await Promise.all(
        [0, 1, 2].map((i) =>
          joined(layer, "room", () => {
            if (i !== 0) return;
            const [, second, third] = seats;
            if (second !== undefined) effects.push(second.leave("room"));
            third?.close();
          }),
        ),
      );
      seats.push(...members.map(({ seat }) => seat));
      await send(harness, layer, "hello", "again");
      await Promise.all(effects);
      equal(
        members.map(({ member }) => member.messages.length),
        [2, 0, 0],
        "what the members got",
      );
    },
  },
  {
    name: "does not deliver an event to a member that joined only while it was being delivered",
    async run(harness) {
      const layer = await oneLayer(harness);
      const late = new Recorder();
      const lateSeat = layer.attach(late);
      const joins: Promise<unknown>[] = [];
      await joined(layer, "room", () => joins.push(lateSeat.join("room")));
      await joined(layer, "room");
      await send(harness, layer, "first");
      await Promise.all(joins);
      equal(late.messages.length, 0, "what the late member got of the first");
      await send(harness, layer, "second");
      equal(late.field("text"), ["second"], "what it got afterwards");
    },
  },
  {
    name: "ends as a member when it leaves and joins again in one turn, and outside when it joins and leaves",
    async run(harness) {
      const layer = await oneLayer(harness);
      const stays = await joined(layer, "room");
      const goes = await joined(layer, "room");
      await Promise.all([
        stays.seat.leave("room"),
        stays.seat.join("room"),
        stays.seat.leave("room"),
        stays.seat.join("room"),
      ]);
      await Promise.all([goes.seat.leave("room"), goes.seat.join("room"), goes.seat.leave("room")]);
      await send(harness, layer, "hello");
      equal([stays.member.field("text"), goes.member.field("text")], [["hello"], []], "what they got");
      equal([[...stays.seat.groups], [...goes.seat.groups]], [["room"], []], "the groups they are in");
    },
  },
  {
    name: "goes on with the other members when one throws",
    async run(harness) {
      const faults: unknown[] = [];
      const layer = await oneLayer(harness, { onFault: (error) => faults.push(error) });
      await joined(layer, "room", () => {
        throw new Error("a faulty member");
      });
      const { member } = await joined(layer, "room");
      await send(harness, layer, "a", "b");
      equal(member.field("text"), ["a", "b"], "what the healthy member got");
      equal([faults.length, layer.stats().faults], [2, 2], "faults reported and counted");
    },
  },
  {
    name: "keeps the members of a full group send apart: the full one is told of a hole, the others miss nothing",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 3 });
      const [full, fresh] = await Promise.all([layer.newChannel(), layer.newChannel()]);
      for (const channel of [full, fresh]) await layer.groupAdd("room", channel.name);
      await layer.send(full.name, say("direct"));
      await send(harness, layer, "a", "b", "c");
      const take = async (count: number): Promise<unknown[]> => {
        const got: unknown[] = [];
        while (full.pending > 0 && got.length < count) {
          const message = await full.receive();
          got.push(message["text"] ?? [message.type, message["group"], message["cause"]]);
        }
        return got;
      };
      equal(fresh.pending, 3, "what waits for the other");
      equal(await take(2), ["direct", "a"], "what came before the hole");
      await send(harness, layer, "d", "e", "f");
      equal(
        await take(9),
        ["b", ["group.gap", "room", "overflow"], "d", "e", ["group.gap", "room", "overflow"]],
        "the rest",
      );
      const { dropped } = layer.stats();
      equal(dropped, 1 + 1 + 3, "dropped: c and f by the one, d to f by the other");
    },
  },
  {
    name: "drops the oldest events where told to, with one notice in their place",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 2, overflow: "dropOldest" });
      const channel = await layer.newChannel();
      await layer.groupAdd("room", channel.name);
      await send(harness, layer, "a", "b", "c", "d");
      equal(await drained(channel), ["group.gap", "c", "d"], "what is left");
      equal(layer.stats().dropped, 2, "dropped");
    },
  },
  {
    name: "drops a volatile event for which there is no room, without a notice",
    needs: ["envelopes"],
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 2, overflow: "dropOldest" });
      const channel = await layer.newChannel();
      await layer.groupAdd("room", channel.name);
      await send(harness, layer, "a", "b");
      await layer.publish("room", { type: "chat.typing", data: {}, volatile: true });
      await harness.settle();
      equal(await drained(channel), ["a", "b"], "what is left");
      equal(layer.stats().dropped, 1, "dropped");
    },
  },
  {
    name: "tells of events of a group that were too old, at the place of the hole",
    async run(harness) {
      const clock = { ms: 0 };
      const layer = await oneLayer(harness, { expiryMs: 3000, now: () => clock.ms });
      const channel = await layer.newChannel();
      await layer.groupAdd("room", channel.name);
      for (const at of [0, 500, 4000]) {
        clock.ms = at;
        await send(harness, layer, `at ${at}`);
      }
      const first = await channel.receive();
      equal([first.type, first["cause"]], ["group.gap", "expired"], "the notice");
      equal([(await channel.receive())["text"], channel.pending], ["at 4000", 0], "what is left");
      equal(layer.stats().expired, 2, "expired");
    },
  },
  {
    name: "keeps the membership of a plain channel until nobody has used it for long, and that of a live member for ever",
    async run(harness) {
      const clock = { ms: 0 };
      const layer = await oneLayer(harness, { groupExpiryMs: 1000, now: () => clock.ms });
      const { member } = await joined(layer, "room");
      await layer.groupAdd("room", "plain");
      await send(harness, layer, "a");
      equal((await layer.receive("plain", { timeoutMs: 0 }))["text"], "a", "what the plain channel got");
      clock.ms = 900;
      await layer.groupAdd("room", "plain");
      clock.ms = 1800;
      await send(harness, layer, "b");
      equal((await layer.receive("plain", { timeoutMs: 0 }))["text"], "b", "while it is used");
      clock.ms = 3000;
      await send(harness, layer, "c", "d");
      await rejects(() => layer.receive("plain", { timeoutMs: 0 }), "CHANNEL_TIMEOUT", "once it is forgotten");
      equal(member.field("text"), ["a", "b", "c", "d"], "what the live member got");
      equal(layer.stats().memberships, 1, "memberships left");
    },
  },
  {
    name: "ends with no more channels, groups and memberships than before, however many members come and go",
    async run(harness) {
      const layer = await oneLayer(harness);
      const before = layer.stats();
      for (let round = 0; round < 100; round += 1) {
        const seats = Array.from({ length: 100 }, () => layer.attach(new Recorder()));
        await Promise.all(seats.flatMap((seat, i) => [seat.join("room"), seat.join(`own.${i}`)]));
        for (const [i, seat] of seats.entries()) {
          if (i % 2 === 0) await seat.leave("room");
          seat.close();
          seat.close();
        }
      }
      await harness.settle();
      // A node that has just begun may itself wait for other nodes then; in the end nobody does.
      equal(layer.stats(), { ...before, waiting: 0 }, "the counts");
      const [left] = Array.from({ length: 1 }, () => layer.attach(new Recorder()));
      left?.close();
      await left?.join("room");
      equal(layer.stats().memberships, 0, "memberships of a seat that is closed");
    },
  },
  {
    name: "empties every channel and group, for everybody, when it is flushed",
    async run(harness) {
      const layer = await oneLayer(harness);
      const { member, seat } = await joined(layer, "room");
      const channel = await layer.newChannel();
      await layer.groupAdd("room", channel.name);
      await layer.send(channel.name, say("direct"));
      await layer.send("jobs", say("queued"));
      const reader = layer.receive("watched");
      await layer.flush();
      await send(harness, layer, "nobody");
      equal([channel.pending, member.messages.length, [...seat.groups]], [0, 0, []], "what is left");
      await rejects(() => layer.receive("jobs", { timeoutMs: 0 }), "CHANNEL_TIMEOUT", "the queue");
      await layer.send("watched", say("later"));
      equal((await reader)["text"], "later", "what a waiting reader gets");
      await seat.join("room");
      await layer.send(seat.channelName, say("by name"));
      await send(harness, layer, "again");
      equal(member.field("text"), ["by name", "again"], "what the member gets afterwards");
    },
  },
];
