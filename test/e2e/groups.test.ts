import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { contract, WebSocketConsumer, type EventMeta, type EventOf, type GroupGap, type Received } from "@solent/core";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Peer } from "../support/peer.ts";
import { gate, until } from "../support/turns.ts";
import { world } from "../support/world.ts";

const line = z.object({ from: z.string(), text: z.string() });
const chat = contract({
  toServer: { say: z.object({ text: z.string() }), whisper: z.object({ text: z.string() }) },
  toClient: { said: line },
  events: { "chat.message": line },
});

class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.scope.path.slice(1)}`);
  name = this.scope.queryString;
  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(frame: Received<typeof chat>) {
    const { text } = frame.data;
    const options = frame.type === "whisper" ? { except: this.channelName } : {};
    await this.room.send("chat.message", { from: this.name, text }, options);
  }
  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}

const saying = (text: string): object => ({ type: "say", data: { text } });

async function heard(peer: Peer, count: number): Promise<string[]> {
  return (await peer.heard.take(count)).map((text) => {
    const { data } = JSON.parse(text as string) as { data: { from: string; text: string } };
    return `${data.from}: ${data.text}`;
  });
}

test("everybody in a room hears what is said in it, and nobody in another", async () => {
  await using w = await world(Chat);
  await using ann = await w.connect({ path: "/red?ann" });
  await using bob = await w.connect({ path: "/red?bob" });
  await using eve = await w.connect({ path: "/blue?eve" });
  ann.send(saying("hello"));
  expect(await heard(ann, 1)).toEqual(["ann: hello"]);
  expect(await heard(bob, 1)).toEqual(["ann: hello"]);
  eve.send(saying("alone"));
  expect(await heard(eve, 1)).toEqual(["eve: alone"]);
  expect(eve.heard.size).toBe(0);
});

test("all members hear a room's messages in one order, the senders included", async () => {
  await using w = await world(Chat);
  const names = ["ann", "bob", "cid", "dan"];
  const peers = await Promise.all(names.map((name) => w.connect({ path: `/red?${name}` })));
  const each = 50;
  for (let i = 0; i < each; i++) for (const peer of peers) peer.send(saying(String(i)));
  const orders = await Promise.all(peers.map((peer) => heard(peer, each * names.length)));
  for (const order of orders) expect(order).toEqual(orders[0]);
  for (const name of names) {
    const own = orders[0]?.filter((said) => said.startsWith(name));
    expect(own).toEqual(Array.from({ length: each }, (_, i) => `${name}: ${i}`));
  }
  await Promise.all(peers.map((peer) => peer.close()));
  await w.isUnharmed();
});

test("a sender can be left out", async () => {
  await using w = await world(Chat);
  await using ann = await w.connect({ path: "/red?ann" });
  await using bob = await w.connect({ path: "/red?bob" });
  ann.send({ type: "whisper", data: { text: "psst" } });
  ann.send(saying("loud"));
  expect(await heard(bob, 2)).toEqual(["ann: psst", "ann: loud"]);
  expect(await heard(ann, 1)).toEqual(["ann: loud"]);
});

test("whoever is accepted hears everything that is sent from then on", async () => {
  await using w = await world(Chat);
  const group = w.layer.group(chat, "chat.red");
  for (let i = 0; i < 100; i++) {
    await using peer = await w.connect({ path: "/red?ann" });
    await group.send("chat.message", { from: "x", text: String(i) });
    expect(await heard(peer, 1)).toEqual([`x: ${i}`]);
  }
});

test("groups declared on the class are joined before connect and left at the end", async () => {
  class Announced extends WebSocketConsumer {
    static override readonly groups = ["announcements", "everybody"];
    override connect() {
      const admission = this.accept();
      this.send(String(w.layer.stats().memberships));
      return admission;
    }
    site_notice({ text }: { text: string }) {
      this.send(text);
    }
  }
  await using w = await world(Announced);
  await using peer = await w.connect();
  expect(await peer.text()).toBe("3");
  await w.layer.groupSend("everybody", { type: "site.notice", text: "soon closing" });
  expect(await peer.text()).toBe("soon closing");
  await peer.close();
  await w.isUnharmed();
});

test("a handler is told who sent an event, and through which group", async () => {
  const metas: EventMeta[] = [];
  class Curious extends WebSocketConsumer {
    override async receive(text: string) {
      await this.group("curious").join();
      if (text === "group") await this.group("curious").send("some.thing", { a: 1 });
      else await this.layer.send(this.channelName, { type: "some.thing", a: 1 });
      this.send(this.channelName);
    }
    some_thing(event: { a: number }, meta: EventMeta) {
      metas.push(meta);
      this.send(JSON.stringify(event));
    }
  }
  await using w = await world(Curious);
  await using peer = await w.connect();
  peer.send("group");
  const heardNow = await peer.heard.take(2);
  expect(heardNow).toContain('{"a":1}');
  const name = heardNow.find((text) => text !== '{"a":1}');
  peer.send("direct");
  await peer.heard.take(2);
  expect(metas[0]).toMatchObject({ type: "some.thing", group: "curious", sender: name, replayed: false });
  expect(metas[1]).toMatchObject({ type: "some.thing", group: undefined, replayed: false });
});

test("an event that does not fit the contract is refused where it is sent", async () => {
  await using w = await world(Chat);
  await using peer = await w.connect({ path: "/red?ann" });
  const group = w.layer.group(chat, "chat.red");
  await expect(group.send("chat.message", { from: "x", text: 7 as unknown as string })).rejects.toMatchObject({
    code: "CONTRACT_MISMATCH",
  });
  await group.send("chat.message", { from: "x", text: "fits" });
  expect(await heard(peer, 1)).toEqual(["x: fits"]);
});

test("an event that somebody sent unchecked is checked on arrival: counted, logged, and no handler sees it", async () => {
  await using w = await world(Chat);
  await using peer = await w.connect({ path: "/red?ann" });
  await w.layer.groupSend("chat.red", { type: "chat.message", from: 1 });
  await w.layer.groupSend("chat.red", { type: "chat.message", from: "x", text: "fits" });
  expect(await heard(peer, 1)).toEqual(["x: fits"]);
  expect(w.log.about('an event "chat.message" does not fit the contract of Chat')).toHaveLength(1);
});

/** Handles events as slowly as it is told, while others in its group keep up. */
function slow(until_: Promise<void>) {
  return class Slow extends WebSocketConsumer {
    override async connect() {
      await this.group("slow").join();
      return this.accept();
    }
    async room_line({ number }: { number: number }) {
      if (this.scope.path === "/slow") await until_;
      this.send(String(number));
    }
    group_gap({ group, cause }: GroupGap) {
      this.send(`gap in ${group}: ${cause}`);
    }
  };
}

test("a member whose handlers fall behind is closed with 1013 and reported; the others hear everything", async () => {
  const facts: unknown[] = [];
  const onFact = (fact: unknown): void => void facts.push(fact);
  await using w = await world(slow(new Promise(() => {})), {
    layerOptions: { capacity: 10 },
    limits: { disconnectGraceMs: 50 },
  });
  await using behind = await w.connect({ path: "/slow" });
  await using quick = await w.connect({ path: "/quick" });
  subscribe("solent:overflow", onFact);
  for (let number = 0; number < 15; number++) {
    await w.layer.groupSend("slow", { type: "room.line", number });
    expect(await quick.text()).toBe(String(number));
  }
  unsubscribe("solent:overflow", onFact);
  expect(await behind.end).toEqual({ code: 1013, reason: "try again later" });
  expect(facts).toMatchObject([{ what: "inbox", type: "room.line", action: "disconnect" }]);
  expect((await w.log.line("falls behind")).fields).toMatchObject({ handler: "room_line" });
  await quick.close();
  await w.isUnharmed();
});

test.each([
  ["dropOldest", ["0", "gap in slow: overflow", "12", "13", "14"]],
  ["dropNewest", ["0", "1", "2", "3", "gap in slow: overflow"]],
] as const)(
  "with overflow %s a member that falls behind is told of the hole, at its place",
  async (overflow, expected) => {
    const go = gate();
    await using w = await world(slow(go.passed), { layerOptions: { capacity: 3, overflow } });
    await using behind = await w.connect({ path: "/slow" });
    for (let number = 0; number < 15; number++) await w.layer.groupSend("slow", { type: "room.line", number });
    go.open();
    expect(await behind.heard.take(expected.length)).toEqual(expected);
    expect(w.layer.stats().dropped).toBe(11);
  },
);

test("a direct message to a member that is full is refused to its sender, and the member goes on", async () => {
  const go = gate();
  class Full extends WebSocketConsumer {
    override connect() {
      const admission = this.accept();
      this.send(this.channelName);
      return admission;
    }
    async some_work({ number }: { number: number }) {
      await go.passed;
      this.send(String(number));
    }
  }
  await using w = await world(Full, { layerOptions: { capacity: 2 } });
  await using peer = await w.connect();
  const name = await peer.text();
  for (let number = 0; number < 3; number++) await w.layer.send(name, { type: "some.work", number });
  await expect(w.layer.send(name, { type: "some.work", number: 3 })).rejects.toMatchObject({ code: "CHANNEL_FULL" });
  go.open();
  expect(await peer.heard.take(3)).toEqual(["0", "1", "2"]);
  await peer.close();
  await w.isUnharmed();
});

test.each(["sync", "async"] as const)(
  "two members that answer each other's events for ever hold up nobody else (%s handlers)",
  async (how) => {
    let isOver = false;
    let turns = 0;
    class PingPong extends WebSocketConsumer {
      override async connect() {
        await this.group("pingpong").join();
        return this.accept();
      }
      override async receive() {
        await this.#hit();
      }
      ball_hit(): void | Promise<void> {
        turns++;
        const work = isOver ? undefined : this.#hit();
        return how === "async" ? work : undefined;
      }
      #hit(): Promise<void> {
        return this.group("pingpong").send("ball.hit", {}, { except: this.channelName });
      }
    }
    await using w = await world(PingPong);
    await using one = await w.connect();
    await using two = await w.connect();
    one.send("serve");
    await until(() => turns > 20_000);
    await w.stillServes();
    isOver = true;
    await one.close();
    await two.close();
    await w.isUnharmed();
  },
);
