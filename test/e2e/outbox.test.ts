import { randomBytes } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { contract, WebSocketConsumer, type Received } from "@solent/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { turn, until } from "../support/turns.ts";
import { closeCodeOf, frame, type Wire } from "../support/wire.ts";
import { world, type World } from "../support/world.ts";

/** Does what its one frame says, in one turn. */
class Sender extends WebSocketConsumer {
  override async connect() {
    await this.group("senders").join();
    return this.accept();
  }
  override receive(text: string) {
    const [what, count = 1, size = 1] = JSON.parse(text) as [string, number?, number?];
    if (what === "burst") for (let i = 0; i < count; i++) this.send(`${i} ${"x".repeat(size)}`);
    if (what === "size") this.send("y".repeat(size));
    if (what === "close") {
      for (let i = 0; i < count; i++) this.send(String(i));
      this.close(4000, "enough");
      this.send("after closing");
    }
  }
  burst_now({ count, size }: { count: number; size: number }) {
    for (let i = 0; i < count; i++) this.send(`${i} ${"x".repeat(size)}`);
  }
}

test("what a consumer sends in one turn leaves in one write", async () => {
  await using w = await world(Sender);
  await using wire = await w.wire();
  wire.write(frame('["burst", 50, 20]'));
  const frames = await wire.frames.take(50);
  expect(frames.map(({ payload }) => Number.parseInt(payload.toString(), 10))).toEqual([...Array(50).keys()]);
  expect(wire.chunks).toHaveLength(1);
});

test("each member of a group gets what was sent to it in one write a turn, however many events there were", async () => {
  class Member extends WebSocketConsumer {
    override async connect() {
      await this.group("members").join();
      return this.accept();
    }
    room_line({ number }: { number: number }) {
      this.send(`line ${number}`);
    }
  }
  await using w = await world(Member);
  const wires = await Promise.all(Array.from({ length: 20 }, () => w.wire()));
  for (let number = 0; number < 10; number++) void w.layer.groupSend("members", { type: "room.line", number });
  for (const wire of wires) {
    const frames = await wire.frames.take(10);
    expect(frames.map(({ payload }) => payload.toString())).toEqual(frames.map((_, number) => `line ${number}`));
    expect(wire.chunks).toHaveLength(1);
    await wire[Symbol.asyncDispose]();
  }
  await w.isUnharmed();
});

test("a turn's frames arrive whole and in order when they are too many for one write", async () => {
  await using w = await world(Sender, { limits: { maxOutboxBytes: 10_000_000 } });
  await using peer = await w.connect();
  peer.send('["burst", 2000, 2000]');
  for (let i = 0; i < 2_000; i++) expect(await peer.text()).toBe(`${i} ${"x".repeat(2_000)}`);
});

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1_000_000])(
  "a frame of %i bytes arrives as it was sent",
  async (size) => {
    await using w = await world(Sender);
    await using peer = await w.connect();
    peer.send(JSON.stringify(["size", 1, size]));
    expect(await peer.text()).toBe("y".repeat(size));
  },
);

test("what is sent before a close arrives before it, and nothing after it", async () => {
  await using w = await world(Sender);
  await using wire = await w.wire();
  wire.write(frame('["close", 3]'));
  const frames = await wire.frames.take(4);
  expect(frames.slice(0, 3).map(({ payload }) => payload.toString())).toEqual(["0", "1", "2"]);
  expect(frames[3] && closeCodeOf(frames[3])).toBe(4000);
  wire.write(frame(Buffer.from([0x0f, 0xa0]), { opcode: 8 }));
  await expect(wire.frames.next()).rejects.toThrow("ended");
  await w.isUnharmed();
});

test("pings come between frames, never inside one", async () => {
  await using w = await world(Sender, { limits: { heartbeatIntervalMs: 20, maxOutboxBytes: 100_000_000 } });
  await using peer = await w.connect();
  for (let i = 0; i < 20; i++) peer.send('["burst", 200, 1000]');
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 200; j++) expect(Number.parseInt(await peer.text(), 10)).toBe(j);
  }
  await until(() => peer.pings > 0);
});

test("with compression, order is kept and everything arrives, congestion included", async () => {
  await using w = await world(Sender, { perMessageDeflate: { threshold: 0 }, limits: { maxOutboxBytes: 50_000_000 } });
  await using peer = await w.connect({ perMessageDeflate: true });
  expect(peer.socket.extensions).toContain("permessage-deflate");
  for (const count of [300, 1, 300]) peer.send(`["burst", ${count}, 1000]`);
  for (const count of [300, 1, 300]) {
    for (let i = 0; i < count; i++) expect(await peer.text()).toBe(`${i} ${"x".repeat(1_000)}`);
  }
  // More than the socket takes at once, which is where a lost wake-up would show.
  await w.layer.groupSend("senders", { type: "burst.now", count: 3_000, size: 1_000 });
  for (let i = 0; i < 3_000; i++) expect(await peer.text()).toBe(`${i} ${"x".repeat(1_000)}`);
  peer.send('["close", 5]');
  expect(await peer.heard.take(5)).toEqual(["0", "1", "2", "3", "4"]);
  expect((await peer.end).code).toBe(4000);
  await w.isUnharmed();
});

test.each([false, true])(
  "bytes are copied when they are sent: reusing the buffer changes nothing (compressed: %s)",
  async (isCompressed) => {
    class Reusing extends WebSocketConsumer {
      override receive() {
        const buffer = Buffer.alloc(4);
        const view = new Uint8Array(4);
        for (let i = 0; i < 3; i++) {
          buffer.fill(i);
          view.fill(i + 100);
          this.send(buffer);
          this.send(view);
        }
        buffer.fill(99);
        view.fill(99);
      }
    }
    await using w = await world(Reusing, { perMessageDeflate: isCompressed && { threshold: 0 } });
    await using peer = await w.connect({ perMessageDeflate: isCompressed });
    peer.send("go");
    const heard = (await peer.heard.take(6)) as Buffer[];
    expect(heard.map((bytes) => bytes[0])).toEqual([0, 100, 1, 101, 2, 102]);
  },
);

const said = z.object({ text: z.string() });
const chat = contract({
  toServer: { go: {} },
  toClient: {
    said,
    cursor: { data: z.object({ who: z.string(), at: z.number() }), delivery: "latest", key: "who" },
    typing: { data: z.object({ who: z.string() }), delivery: "volatile" },
    filler: z.string(),
  },
  events: { "chat.message": said, "chat.passed": { forward: "said" } },
});

test("an object that is changed and sent again is sent as it is then, never as it was", async () => {
  class Mutating extends WebSocketConsumer.of(chat) {
    override receive(_frame: Received<typeof chat>) {
      const message = { text: "first" };
      this.send("said", message);
      message.text = "second";
      this.send("said", message);
      this.send("said", { text: "second" });
    }
    chat_message() {}
  }
  await using w = await world(Mutating);
  await using peer = await w.connect();
  peer.send({ type: "go" });
  const heard = [await peer.json(), await peer.json(), await peer.json()];
  expect(heard.map(({ data }) => data.text)).toEqual(["first", "second", "second"]);
});

test("an event cannot be changed by one member for the next", async () => {
  const thrown: unknown[] = [];
  class Vandal extends WebSocketConsumer.of(chat) {
    override async connect() {
      await this.group("vandals").join();
      return this.accept();
    }
    chat_message(event: { text: string }) {
      try {
        event.text = "changed";
      } catch (error) {
        thrown.push(error);
      }
      this.send("said", event);
    }
  }
  await using w = await world(Vandal);
  await using one = await w.connect();
  await using two = await w.connect();
  await w.layer.groupSend("vandals", { type: "chat.message", text: "as sent" });
  expect([await one.json(), await two.json()].map(({ data }) => data.text)).toEqual(["as sent", "as sent"]);
  expect(thrown).toHaveLength(2);
  expect(thrown[0]).toBeInstanceOf(TypeError);
});

test("a pass-through event reaches the client with no code of the consumer, in its place among the others", async () => {
  class Passing extends WebSocketConsumer.of(chat) {
    override async connect() {
      await this.group("passing").join();
      return this.accept();
    }
    chat_message(event: { text: string }) {
      this.send("said", { text: `handled ${event.text}` });
    }
  }
  await using w = await world(Passing);
  await using peer = await w.connect();
  for (const text of ["a", "b"]) {
    await w.layer.groupSend("passing", { type: "chat.message", text });
    await w.layer.groupSend("passing", { type: "chat.passed", text });
  }
  const heard = [await peer.json(), await peer.json(), await peer.json(), await peer.json()];
  expect(heard).toEqual(["handled a", "a", "handled b", "b"].map((text) => ({ type: "said", data: { text } })));
});

/** Fills the way to a peer that does not read, until the server's own outbox holds frames. */
class Filler extends WebSocketConsumer.of(chat) {
  override async connect() {
    await this.group("fillers").join();
    return this.accept();
  }
  fill() {
    this.send("filler", "x".repeat(100_000));
  }
  chat_message({ text }: { text: string }) {
    const [what, ...rest] = text.split(" ");
    if (what === "fill") this.fill();
    if (what === "cursor") this.send("cursor", { who: rest[0] ?? "", at: Number(rest[1]) });
    if (what === "typing") this.send("typing", { who: rest[0] ?? "" });
    if (what === "say") this.send("said", { text: rest.join(" ") });
  }
}

async function tell(w: World, ...texts: string[]): Promise<void> {
  for (const text of texts) await w.layer.groupSend("fillers", { type: "chat.message", text });
}

/** Fills a paused connection until volatile messages are dropped: the peer is behind. */
async function fallBehind(w: World): Promise<Wire> {
  const wire = await w.wire();
  wire.socket.pause();
  const drops: unknown[] = [];
  const onDrop = (fact: unknown): void => void drops.push(fact);
  subscribe("solent:overflow", onDrop);
  while (drops.length === 0) {
    await tell(w, "fill");
    await turn();
    await tell(w, "typing nobody");
  }
  unsubscribe("solent:overflow", onDrop);
  return wire;
}

/** Reads everything a peer was behind by, but the filling. */
async function catchUp(w: World, wire: Wire): Promise<{ type: string; data: unknown }[]> {
  wire.socket.resume();
  await tell(w, "say last");
  const heard: { type: string; data: { text?: string } }[] = [];
  for (;;) {
    const { payload, opcode } = await wire.frames.next();
    if (opcode !== 1) continue;
    const message = JSON.parse(payload.toString()) as { type: string; data: { text?: string } };
    if (message.data.text === "last") return heard;
    if (message.type !== "filler") heard.push(message);
  }
}

test("volatile messages are dropped for a reader that is behind, and only those", async () => {
  await using w = await world(Filler, { limits: { maxOutboxBytes: 20_000_000 } });
  await using wire = await fallBehind(w);
  await tell(w, "say one", "typing ann", "typing bob", "say two");
  const heard = await catchUp(w, wire);
  expect(heard.filter(({ type }) => type === "said").map(({ data }) => data)).toEqual([
    { text: "one" },
    { text: "two" },
  ]);
  expect(heard.filter(({ data }) => JSON.stringify(data).match(/ann|bob/))).toEqual([]);
});

test("of messages with delivery latest only the newest of each key waits for a reader that is behind", async () => {
  await using w = await world(Filler, { limits: { maxOutboxBytes: 20_000_000 } });
  await using wire = await fallBehind(w);
  await tell(w, "cursor ann 1", "cursor bob 1", "cursor ann 2", "say between", "cursor ann 3");
  const heard = (await catchUp(w, wire)).filter(({ type }) => type !== "typing");
  expect(heard).toEqual([
    { type: "cursor", data: { who: "bob", at: 1 } },
    { type: "said", data: { text: "between" } },
    { type: "cursor", data: { who: "ann", at: 3 } },
  ]);
});

test.each([
  ["dropOldest", ["last"]],
  ["dropNewest", ["first"]],
] as const)(
  "with overflow %s a full outbox drops, reports each drop, and keeps the connection",
  async (overflow, kept) => {
    const facts: { what: string; type: string; action: string }[] = [];
    const onFact = (fact: unknown): void => void facts.push(fact as (typeof facts)[0]);
    await using w = await world(Filler, { limits: { maxOutboxBytes: 3_000_000, overflow } });
    await using wire = await fallBehind(w);
    subscribe("solent:overflow", onFact);
    const padding = "x".repeat(100_000);
    await tell(w, `say first ${padding}`);
    for (let i = 0; i < 60; i++) await tell(w, "fill");
    await tell(w, `say last ${padding}`);
    unsubscribe("solent:overflow", onFact);
    expect(facts.length).toBeGreaterThan(0);
    expect(facts.every(({ what, action }) => what === "outbox" && action === "drop")).toBe(true);
    // It reads what is left, and only then is told the rest.
    wire.socket.resume();
    await wire.frames.next();
    const heard = (await catchUp(w, wire)).flatMap(({ data }) => (data as { text?: string }).text?.split(" ")[0] ?? []);
    expect(heard).toEqual(kept);
    expect(w.counts().connections).toBe(2);
  },
);

test("with overflow disconnect a full outbox ends the connection, is reported and logged once", async () => {
  const facts: { what: string; action: string }[] = [];
  const onFact = (fact: unknown): void => void facts.push(fact as (typeof facts)[0]);
  await using w = await world(Filler, { limits: { maxOutboxBytes: 500_000, closeTimeoutMs: 50 } });
  await using wire = await w.wire();
  wire.socket.pause();
  subscribe("solent:overflow", onFact);
  while (w.counts().memberships > 1) {
    await tell(w, "fill");
    await turn();
  }
  unsubscribe("solent:overflow", onFact);
  expect(facts).toMatchObject([{ what: "outbox", action: "disconnect" }]);
  expect(w.log.about("reads too slowly")).toHaveLength(1);
  await w.isUnharmed();
});

test("drained() waits for the end of the turn before a small outbox is full", async () => {
  class Patient extends WebSocketConsumer {
    override async receive() {
      for (let i = 0; i < 100; i++) {
        this.send("x".repeat(1_000));
        await this.drained();
      }
    }
  }
  await using w = await world(Patient, { limits: { maxOutboxBytes: 5_000 } });
  await using peer = await w.connect();
  peer.send("go");
  expect(await peer.heard.take(100)).toHaveLength(100);
});

test("drained() waits until a slow reader has taken enough, and is let go when the connection ends", async () => {
  let most = 0;
  let sent = 0;
  let isDone = false;
  class Patient extends WebSocketConsumer {
    override async receive(text: string) {
      const count = Number(text);
      for (let i = 0; i < count && !this.signal.aborted; i++) {
        this.send(randomBytes(10_000).toString("hex"));
        sent++;
        await this.drained();
        most = Math.max(most, this.connection.bufferedBytes);
      }
      isDone = true;
    }
  }
  await using w = await world(Patient, { limits: { maxOutboxBytes: 300_000, closeTimeoutMs: 50 } });
  await using wire = await w.wire();
  wire.socket.pause();
  wire.write(frame("2000"));
  let before = -1;
  while (before !== sent) {
    before = sent;
    await w.stillServes();
    await w.stillServes();
  }
  // It stands still: 40 MB are not taken by somebody who does not read.
  expect(sent).toBeLessThan(2_000);
  wire.socket.resume();
  for (let i = 0; i < 2_000; i++) await wire.frames.next();
  await until(() => isDone);
  expect(most).toBeLessThan(300_000);

  isDone = false;
  wire.socket.pause();
  wire.write(frame("2000"));
  await until(() => w.counts().running === 1);
  wire.socket.resetAndDestroy();
  await until(() => isDone);
  await w.isUnharmed();
});
