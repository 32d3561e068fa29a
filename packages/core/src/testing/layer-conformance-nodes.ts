import type { ChannelLayer, Seat } from "../layer/channel-layer.ts";
import { type ConformanceCase, equal, fault, holds, Recorder, rejects, twoLayers } from "./layer-conformance-case.ts";

const say = (text: string): { type: string; text: string } => ({ type: "chat.message", text });

function sorted(names: Iterable<unknown>): readonly string[] {
  return Array.from(names, String).toSorted((a, b) => (a < b ? -1 : 1));
}

async function joined(layer: ChannelLayer, group: string): Promise<{ readonly member: Recorder; readonly seat: Seat }> {
  const member = new Recorder();
  const seat = layer.attach(member);
  await seat.join(group);
  return { member, seat };
}

/** Several nodes, and what can go wrong between them. */
export const nodeCases: readonly ConformanceCase[] = [
  {
    name: "keeps one order per group on all nodes, whoever sends",
    needs: ["nodes"],
    async run(harness) {
      const layers = await harness.layers(3);
      const members = await Promise.all(layers.flatMap((layer) => [joined(layer, "room"), joined(layer, "room")]));
      const sends = Array.from({ length: 60 }, (_, i) => layers[i % 3]?.groupSend("room", say(`m${i}`)));
      for (const sent of sends) await sent;
      await Promise.all(members.map(({ member }) => member.until(60)));
      const order = members[0]?.member.field("text") ?? [];
      equal(new Set(order).size, 60, "every event once");
      for (const { member } of members) equal(member.field("text"), order, "the order of a member");
      for (const node of [0, 1, 2]) {
        const own = order.filter((text) => Number(String(text).slice(1)) % 3 === node);
        const sent = Array.from({ length: 20 }, (_, i) => `m${i * 3 + node}`);
        equal(own, sent, "the order in which one node sent");
      }
    },
  },
  {
    name: "delivers everything sent from any node once a join has resolved",
    needs: ["nodes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { lingerMs: 0 });
      for (let round = 0; round < 50; round += 1) {
        const { member, seat } = await joined(here, `room.${round % 5}`);
        await there.groupSend(`room.${round % 5}`, say(`sent ${round}`));
        await member.until(1);
        equal(member.field("text"), [`sent ${round}`], "what the new member got");
        seat.close();
      }
    },
  },
  {
    name: "ends right after any mixture of joins and leaves",
    needs: ["nodes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { lingerMs: 0 });
      const seats = [0, 1, 2].map(() => {
        const member = new Recorder();
        return { member, seat: here.attach(member) };
      });
      let number = 7;
      const next = (limit: number): number => (number = (number * 48271) % 2147483647) % limit;
      const pending: Promise<unknown>[] = [];
      for (let i = 0; i < 300; i += 1) {
        const seat = seats[next(3)]?.seat;
        const group = `room.${next(3)}`;
        if (seat !== undefined) pending.push(next(2) === 0 ? seat.join(group) : seat.leave(group));
        if (next(4) === 0) await Promise.resolve();
      }
      await Promise.all(pending);
      await harness.settle();
      for (const group of ["room.0", "room.1", "room.2"]) await there.groupSend(group, say(group));
      await harness.settle();
      for (const { member, seat } of seats) {
        equal(sorted(member.field("text")), sorted(seat.groups), "heard exactly the groups it is in");
      }
    },
  },
  {
    name: "sends directly to a member of another node",
    needs: ["nodes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      // A node that has just begun may still wait to hear what is for all nodes.
      const before = here.stats().waiting;
      const channel = await there.newChannel();
      const other = await there.newChannel({ prefix: "worker." });
      await here.send(channel.name, say("one"));
      await here.send(other.name, { ...say("two"), bytes: new Uint8Array([1, 2]) });
      equal(await channel.receive({ timeoutMs: 5000 }), say("one"), "the first");
      const second = await other.receive({ timeoutMs: 5000 });
      equal(second, { ...say("two"), bytes: new Uint8Array([1, 2]) }, "the second, with bytes");
      await harness.settle();
      equal([channel.pending, other.pending], [0, 0], "left over");
      await rejects(() => here.receive(channel.name), "NAME_INVALID", "reading another node's channel");
      holds(here.stats().waiting <= before, "no calls left");
    },
  },
  {
    name: "says to the sender when a member of another node is full or gone",
    needs: ["nodes", "envelopes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { capacity: 2 });
      const before = here.stats().waiting;
      const channel = await there.newChannel();
      await here.send(channel.name, say("one"));
      await here.send(channel.name, say("two"));
      await rejects(() => here.send(channel.name, say("three")), "CHANNEL_FULL", "a send to a full member");
      equal([await channel.receive(), await channel.receive()], [say("one"), say("two")], "what it got");
      channel.close();
      await rejects(() => here.send(channel.name, say("late")), "CHANNEL_UNREACHABLE", "a send to one that is gone");
      await harness.settle();
      holds(here.stats().waiting <= before, "no calls left");
    },
  },
  {
    name: "puts a channel of another node into a group and takes it out",
    needs: ["nodes", "envelopes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const channel = await there.newChannel();
      await here.groupAdd("room", channel.name);
      await here.groupSend("room", say("in"));
      equal((await channel.receive({ timeoutMs: 5000 }))["text"], "in", "what it got");
      await here.groupDiscard("room", channel.name);
      await here.groupSend("room", say("out"));
      await harness.settle();
      equal(channel.pending, 0, "what it got afterwards");
      await rejects(() => here.groupAdd("room", `${channel.name}x`), "CHANNEL_UNREACHABLE", "a name never given");
      await here.groupDiscard("room", `${channel.name}x`);
    },
  },
  {
    name: "carries bytes, the sender and the excepted over nodes",
    needs: ["nodes", "envelopes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const sender = await joined(here, "room");
      const first = await joined(there, "room");
      const second = await joined(there, "room");
      const { channelName } = sender.seat;
      const data = { bytes: new Uint8Array([1, 2, 255]), list: [{ inside: new Uint8Array(0) }] };
      await here.publish("room", { type: "all.values", data, sender: channelName, except: channelName });
      await here.groupSend("room", say("two"), { except: [channelName, second.seat.channelName] });
      await first.member.until(2);
      await harness.settle();
      equal(first.member.messages[0]?.data, data, "the bytes");
      equal(first.member.messages[0]?.meta.sender, channelName, "the sender");
      const counts = [sender, first, second].map(({ member }) => member.messages.length);
      equal(counts, [0, 2, 1], "what the members got");
    },
  },
  {
    name: "empties all nodes when one is flushed",
    needs: ["nodes", "envelopes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member, seat } = await joined(there, "room");
      await there.send("jobs", say("queued"));
      await here.flush();
      await harness.settle();
      equal([[...seat.groups], there.stats().memberships, there.stats().queued], [[], 0, 0], "what is left");
      await here.groupSend("room", say("nobody"));
      await harness.settle();
      equal(member.messages.length, 0, "what the member got");
    },
  },
  {
    name: "goes on when another node has closed",
    needs: ["nodes"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      const gone = await joined(there, "room");
      await there.close();
      await here.groupSend("room", say("still here"));
      await member.until(1);
      await rejects(() => here.send(gone.seat.channelName, say("late")), "CHANNEL_UNREACHABLE", "a send to its member");
      equal(gone.member.messages.length, 0, "what the closed node's member got");
    },
  },
  {
    name: "tells the members of a hole after a lost connection, once, at its place, and only those it concerns",
    needs: ["nodes", "disconnect", "reconnect"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const members = [await joined(here, "room"), await joined(here, "room")];
      const undisturbed = await joined(there, "room");
      await there.groupSend("room", say("before"));
      await Promise.all(members.map(({ member }) => member.until(1)));
      await fault(harness, "disconnect")(here);
      const later = new Recorder();
      const joining = here.attach(later).join("room");
      await there.groupSend("room", say("missed 1"));
      await there.groupSend("room", say("missed 2"));
      await fault(harness, "reconnect")(here);
      await joining;
      await there.groupSend("room", say("after"));
      await Promise.all(members.map(({ member }) => member.until(3)));
      await harness.settle();
      for (const { member } of members) equal(member.field("text"), ["before", "group.gap", "after"], "a member");
      equal(later.field("text"), ["after"], "who joined meanwhile");
      equal(undisturbed.member.field("text"), ["before", "missed 1", "missed 2", "after"], "a member elsewhere");
      const [notice, same] = members.map(({ member }) => member.messages[1]);
      equal([notice?.data["group"], notice?.data["cause"]], ["room", "reconnect"], "the notice");
      holds(notice === same && Object.isFrozen(notice?.data), "the notice is one frozen object");
      equal(here.stats().gaps, 1, "gaps counted");
    },
  },
  {
    name: "tells of no hole when nothing was missed",
    needs: ["nodes", "offsets", "disconnect", "reconnect"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      const { member: quiet } = await joined(here, "quiet");
      await there.groupSend("room", say("before"));
      await member.until(1);
      await fault(harness, "disconnect")(here);
      await fault(harness, "reconnect")(here);
      await harness.settle();
      await there.groupSend("room", say("after"));
      await there.groupSend("quiet", say("first"));
      await Promise.all([member.until(2), quiet.until(1)]);
      equal([member.field("text"), quiet.field("text")], [["before", "after"], ["first"]], "what they got");
    },
  },
  {
    name: "makes a join true that was asked for while there was no connection",
    needs: ["nodes", "disconnect", "reconnect"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      await fault(harness, "disconnect")(here);
      const member = new Recorder();
      const seat = here.attach(member);
      let isJoined = false;
      const joining = seat.join("room").then(() => (isJoined = true));
      await harness.settle();
      equal(isJoined, false, "joined without a connection");
      await fault(harness, "reconnect")(here);
      await joining;
      await there.groupSend("room", say("hello"));
      await member.until(1);
      equal(member.field("text"), ["hello"], "what it got");
    },
  },
  {
    name: "delivers an event once that was published twice under one id",
    needs: ["nodes", "envelopes", "publishNextTwice"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      await there.groupSend("room", say("a"));
      await fault(harness, "publishNextTwice")("room");
      await there.groupSend("room", say("b"));
      await there.groupSend("room", say("c"));
      await member.until(3);
      await harness.settle();
      equal(member.field("text"), ["a", "b", "c"], "what the member got");
      equal([here.stats().duplicates, here.stats().gaps], [1, 0], "duplicates and gaps counted");
    },
  },
  {
    name: "tells of a hole before the event that shows it, with the positions around it",
    needs: ["nodes", "offsets", "loseNext"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      await there.groupSend("room", say("a"));
      await member.until(1);
      await fault(harness, "loseNext")(here, "room");
      for (const text of ["lost", "b", "c"]) await there.groupSend("room", say(text));
      await member.until(4);
      await harness.settle();
      equal(member.field("text"), ["a", "group.gap", "b", "c"], "what the member got");
      const [before, notice, after] = member.messages;
      const expected = { group: "room", from: before?.meta.position, to: after?.meta.position, cause: "loss" };
      equal(notice?.data, expected, "the notice");
      holds(before?.meta.position !== undefined, "events have positions");
    },
  },
  {
    name: "delivers events whose numbers were used before, and says that the positions began anew",
    needs: ["nodes", "offsets", "rewind"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      for (const text of ["a", "b", "c"]) await there.groupSend("room", say(text));
      await member.until(3);
      await fault(harness, "rewind")("room", 2);
      for (const text of ["d", "e", "f"]) await there.groupSend("room", say(text));
      await member.until(7);
      await harness.settle();
      equal(member.field("text"), ["a", "b", "c", "group.gap", "d", "e", "f"], "what the member got");
      equal(member.messages[3]?.data["cause"], "epoch", "the cause");
    },
  },
  {
    name: "finds at its next send that its subscription is gone, and tells the members",
    needs: ["nodes", "receivers", "dropSubscription"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member } = await joined(here, "room");
      await here.groupSend("room", say("a"));
      await member.until(1);
      await fault(harness, "dropSubscription")(here, "room");
      await here.groupSend("room", say("lost"));
      await member.until(2);
      await harness.settle();
      await there.groupSend("room", say("b"));
      await member.until(3);
      equal(member.field("text"), ["a", "group.gap", "b"], "what the member got");
    },
  },
  {
    name: "counts what it cannot read, and nothing else changes",
    needs: ["nodes", "envelopes", "poison"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const { member, seat } = await joined(here, "room");
      const text = (value: string): Uint8Array => new Uint8Array([1, 0, ...new TextEncoder().encode(value)]);
      const poison = fault(harness, "poison");
      const malformed = [
        new Uint8Array(0),
        new Uint8Array([1]),
        new Uint8Array([1, 7, 1]),
        new Uint8Array([1, 0, 0xff, 0xfe]),
        new Uint8Array([1, 1, 0xff, 0xff, 0xff, 0xff]),
        text("{"),
        text("null"),
        text('["constructor",{},null,null,0]'),
        text('["group.gap",{"group":"room"},null,null,0]'),
        text('["chat.message",[1],null,null,0]'),
        text('["chat.message",{},7,null,0]'),
        text(`["chat.message",{"a":${"[".repeat(200)}${"]".repeat(200)}},null,null,0]`),
      ];
      for (const bytes of malformed) await poison(here, bytes, "room");
      for (const bytes of [
        new Uint8Array([1, 0]),
        text('["call","x",1,"erase","y"]'),
        text("[]"),
        text('["answers",[1]]'),
      ]) {
        await poison(here, bytes);
      }
      await poison(here, new Uint8Array([9, 0, 1]), "room");
      await poison(here, new Uint8Array([9, 0, 1]));
      await there.groupSend("room", say("healthy"));
      await member.until(1);
      await there.send(seat.channelName, say("direct"));
      equal(member.field("text"), ["healthy", "direct"], "what the member got");
      const { malformed: counted, unknownVersion } = here.stats();
      equal([counted, unknownVersion], [malformed.length + 4, 2], "counted");
    },
  },
  {
    name: "rejects only the join of a group that may not be subscribed",
    needs: ["nodes", "refuse"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      await fault(harness, "refuse")(here, "secret");
      const member = new Recorder();
      const seat = here.attach(member);
      const refused = rejects(() => seat.join("secret"), "LAYER_UNAVAILABLE", "the join of the forbidden group");
      await Promise.all([seat.join("room"), refused]);
      equal([...seat.groups], ["room"], "the groups it is in");
      await there.groupSend("room", say("hello"));
      await there.groupSend("secret", say("no"));
      await member.until(1);
      await harness.settle();
      equal(member.field("text"), ["hello"], "what it got");
    },
  },
];
