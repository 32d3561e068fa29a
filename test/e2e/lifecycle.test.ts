import { WebSocketConsumer, type End } from "@solent/core";
import { expect, test } from "vitest";
import { gate, until } from "../support/turns.ts";
import { frame } from "../support/wire.ts";
import { world, type World } from "../support/world.ts";

const ends: End[] = [];

class Ending extends WebSocketConsumer {
  override receive(text: string) {
    if (text === "close") this.close(4001, "by the server");
    if (text === "throw") throw new Error("broken");
    if (text === "twice") {
      this.close(4001, "first");
      this.close(4002, "second");
      throw new Error("after closing");
    }
  }
  override disconnect(end: End) {
    ends.push(end);
  }
}

const endings: readonly (readonly [what: string, end: (w: World) => Promise<void>, expected: Partial<End>])[] = [
  [
    "the client closes",
    async (w) => void (await (await w.connect()).close(3333, "bye")),
    { code: 3333, reason: "bye", cause: "client" },
  ],
  [
    "the client closes without a code",
    async (w) => {
      await using wire = await w.wire();
      wire.write(frame("", { opcode: 8 }));
      await wire.closeCode();
    },
    { code: 1005, cause: "client" },
  ],
  ["the consumer closes", (w) => say(w, "close"), { code: 4001, reason: "by the server", cause: "server" }],
  ["a handler throws", (w) => say(w, "throw"), { code: 4500, cause: "error" }],
  ["the consumer closes twice and throws", (w) => say(w, "twice"), { code: 4001, reason: "first", cause: "server" }],
  [
    "the client vanishes",
    async (w) => void (await w.wire()).socket.resetAndDestroy(),
    { code: 1006, reason: "", cause: "error" },
  ],
  [
    "the server stops",
    async (w) => {
      await w.connect();
      await w.server.close();
    },
    { code: 1001, reason: "going away", cause: "shutdown" },
  ],
];

async function say(w: World, text: string): Promise<void> {
  await using peer = await w.connect();
  peer.send(text);
  await peer.end;
}

test.each(endings)("disconnect runs exactly once, with its cause, when %s", async (_what, end, expected) => {
  ends.length = 0;
  await using w = await world(Ending);
  await end(w);
  await until(() => ends.length > 0 && w.counts().running === 0);
  // Whatever else wanted to end it has had its chance once the server has stopped.
  await w.server.close();
  expect(ends).toHaveLength(1);
  expect(ends[0]).toMatchObject(expected);
});

test("the signal fires at once while a handler still runs, and disconnect waits for the handler", async () => {
  const steps: string[] = [];
  const running = gate();
  const aborted = gate();
  const go = gate();
  class Working extends WebSocketConsumer {
    override async receive() {
      this.signal.addEventListener("abort", () => {
        steps.push(`aborted: ${(this.signal.reason as End).cause}`);
        aborted.open();
      });
      running.open();
      await go.passed;
      steps.push("handler ends");
    }
    override disconnect() {
      steps.push("disconnect");
    }
  }
  await using w = await world(Working);
  await using peer = await w.connect();
  peer.send("work");
  await running.passed;
  await peer.close();
  await aborted.passed;
  expect(w.counts().connections).toBe(1);
  go.open();
  await w.isUnharmed();
  expect(steps).toEqual(["aborted: client", "handler ends", "disconnect"]);
});

test("a signal asked for after the end has fired already", async () => {
  const asked = gate<boolean>();
  class Late extends WebSocketConsumer {
    override disconnect() {
      asked.open(this.signal.aborted);
    }
  }
  await using w = await world(Late);
  await (await w.connect()).close();
  expect(await asked.passed).toBe(true);
});

test("groups are left before disconnect runs, and a handler that goes on joins nothing", async () => {
  const go = gate();
  const running = gate();
  const seen: unknown[] = [];
  class Member extends WebSocketConsumer {
    room = this.group("members");
    override async connect() {
      await this.room.join();
      return this.accept();
    }
    override async receive() {
      running.open();
      await go.passed;
      await this.room.join();
      await this.group("another").join();
      await this.layer.groupAdd("third", this.channelName).catch((error: Error) => seen.push(error.message));
      this.send("into the void");
      seen.push(w.layer.stats().memberships);
    }
    override disconnect() {
      seen.push(w.layer.stats().memberships);
    }
  }
  await using w = await world(Member);
  const peer = await w.connect();
  peer.send("go");
  await running.passed;
  expect(w.layer.stats().memberships).toBe(2);
  await peer.close();
  await until(() => w.layer.stats().memberships === 1);
  go.open();
  await w.isUnharmed();
  expect(seen.at(-1)).toBe(1);
  expect(seen.at(-2)).toBe(1);
});

test("frames are handled one at a time and in order, however long each takes", async () => {
  const steps: string[] = [];
  const gates = [gate(), gate(), gate()] as const;
  class Steady extends WebSocketConsumer {
    override async receive(text: string) {
      steps.push(`begin ${text}`);
      await gates[Number(text)]?.passed;
      steps.push(`end ${text}`);
      this.send(text);
    }
  }
  await using w = await world(Steady);
  await using peer = await w.connect();
  for (const text of ["0", "1", "2"]) peer.send(text);
  gates[2].open();
  gates[1].open();
  await peer.synced();
  expect(steps).toEqual(["begin 0"]);
  gates[0].open();
  expect(await peer.heard.take(3)).toEqual(["0", "1", "2"]);
  expect(steps).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
});

test("what a client sent right before it closed is still handled", async () => {
  const handled: string[] = [];
  const closed = gate();
  class Careful extends WebSocketConsumer {
    override async receive(text: string) {
      await Promise.resolve();
      handled.push(text);
    }
    override disconnect() {
      handled.push("disconnect");
      closed.open();
    }
  }
  await using w = await world(Careful);
  const peer = await w.connect();
  for (let i = 0; i < 10; i++) peer.send(String(i));
  void peer.close();
  await closed.passed;
  expect(handled.join(" ")).toBe("0 1 2 3 4 5 6 7 8 9 disconnect");
  await w.isUnharmed();
});

test("frames and events take turns when both wait, so neither starves the other", async () => {
  const steps: string[] = [];
  const go = gate();
  const holding = gate();
  class Busy extends WebSocketConsumer {
    override async connect() {
      await this.group("busy").join();
      return this.accept();
    }
    override async receive(text: string) {
      if (text === "hold") {
        holding.open();
        await go.passed;
        return;
      }
      steps.push(`frame ${text}`);
      if (steps.length === 8) this.send("all");
    }
    async room_line({ number }: { number: number }) {
      await Promise.resolve();
      steps.push(`event ${number}`);
      if (steps.length === 8) this.send("all");
    }
  }
  await using w = await world(Busy);
  await using peer = await w.connect();
  peer.send("hold");
  await holding.passed;
  for (const i of [1, 2, 3, 4]) peer.send(String(i));
  await peer.synced();
  for (const number of [1, 2, 3, 4]) await w.layer.groupSend("busy", { type: "room.line", number });
  go.open();
  await peer.text();
  const frames = steps.filter((step) => step.startsWith("frame"));
  const events = steps.filter((step) => step.startsWith("event"));
  expect(frames).toEqual(["frame 1", "frame 2", "frame 3", "frame 4"]);
  expect(events).toEqual(["event 1", "event 2", "event 3", "event 4"]);
  const kinds = steps.map((step) => step.slice(0, 5));
  expect(kinds.every((kind, index) => index === 0 || kind !== kinds[index - 1])).toBe(true);
});

test("a slow handler stops the reading of its socket, and then everything is handled", async () => {
  const go = gate();
  let handled = 0;
  let bytes = 0;
  class Slow extends WebSocketConsumer {
    override async receive(text: string) {
      await go.passed;
      handled++;
      bytes += text.length;
      if (text.startsWith("last")) this.send("all");
    }
  }
  await using w = await world(Slow, { limits: { maxQueuedFrames: 8 } });
  await using peer = await w.connect();
  const count = 400;
  for (let i = 0; i < count; i++) peer.send("x".repeat(50_000));
  peer.send("last");
  // 20 MB do not fit into the kernel's buffers: what the server does not read stays with the client.
  await w.stillServes();
  await until(() => peer.socket.bufferedAmount < 20_000_000);
  await w.stillServes();
  expect(peer.socket.bufferedAmount).toBeGreaterThan(5_000_000);
  expect(handled).toBe(0);
  go.open();
  expect(await peer.text()).toBe("all");
  expect(handled).toBe(count + 1);
  expect(bytes).toBe(count * 50_000 + 4);
});

test("a connection that ends while its socket is not read ends cleanly for the client too", async () => {
  class Stuck extends WebSocketConsumer {
    override async receive() {
      if (!this.signal.aborted) await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
    }
  }
  await using w = await world(Stuck, { limits: { maxQueuedFrames: 1, closeTimeoutMs: 60_000 } });
  await using peer = await w.connect();
  for (let i = 0; i < 5; i++) peer.send("work");
  await until(() => w.counts().running === 1);
  // The server has had the turns to read the second frame, and stops reading there.
  await w.stillServes();
  await w.server.close();
  expect(await peer.end).toEqual({ code: 1001, reason: "going away" });
});

test("static concurrent lets handlers of one type overlap, up to its limit, and everything else waits", async () => {
  const gates = new Map<string, () => void>();
  const started: string[] = [];
  let most = 0;
  let running = 0;
  class Parallel extends WebSocketConsumer {
    static override readonly concurrent = { receive: 3 };
    override async receive(text: string) {
      started.push(text);
      most = Math.max(most, ++running);
      const own = gate();
      gates.set(text, own.open);
      await own.passed;
      running--;
      this.send(text);
    }
  }
  await using w = await world(Parallel);
  await using peer = await w.connect();
  for (const text of ["a", "b", "c", "d"]) peer.send(text);
  await peer.synced();
  expect(started).toEqual(["a", "b", "c"]);
  gates.get("b")?.();
  expect(await peer.text()).toBe("b");
  await until(() => started.length === 4);
  for (const text of ["d", "c", "a"]) gates.get(text)?.();
  expect(new Set(await peer.heard.take(3))).toEqual(new Set(["a", "c", "d"]));
  expect(most).toBe(3);
  await peer.close();
  await w.isUnharmed();
});

test("overlapping handlers are all waited for before disconnect, and a failure among them ends the connection", async () => {
  const steps: string[] = [];
  const go = gate();
  class Parallel extends WebSocketConsumer {
    static override readonly concurrent = { receive: 4 };
    override async receive(text: string) {
      if (text === "throw") throw new Error("broken");
      await go.passed;
      steps.push(text);
    }
    override disconnect({ cause }: End) {
      steps.push(cause);
    }
  }
  await using w = await world(Parallel);
  await using peer = await w.connect();
  for (const text of ["a", "b", "throw"]) peer.send(text);
  expect((await peer.end).code).toBe(4500);
  expect(steps).toEqual([]);
  go.open();
  await w.isUnharmed();
  expect(steps).toEqual(["a", "b", "error"]);
});

test("a handler over its deadline is logged once, with consumer, handler, path and age, and is listed as running", async () => {
  const go = gate();
  class Slow extends WebSocketConsumer {
    override async receive() {
      await go.passed;
      this.send("done");
    }
  }
  await using w = await world(Slow, { limits: { handlerDeadlineMs: 50 } });
  await using peer = await w.connect({ path: "/slow/one" });
  peer.send("work");
  const { level, fields, message } = await w.log.line("has been running for");
  expect(level).toBe("warn");
  expect(fields).toMatchObject({ consumer: "Slow", handler: "receive", path: "/slow/one" });
  expect(fields["ageMs"]).toBeGreaterThan(50);
  expect(message).toMatch(/^Slow\.receive\(\) on \/slow\/one has been running for \d+ ms$/);
  expect(w.server.running()).toMatchObject([{ consumer: "Slow", handler: "receive", path: "/slow/one" }]);
  go.open();
  await peer.text();
  expect(w.server.running()).toEqual([]);
  expect(w.log.about("has been running for")).toHaveLength(1);
});

test("a handler that hangs does not keep disconnect from running, once disconnectGraceMs is over", async () => {
  const ended = gate<End>();
  const running = gate();
  const forever = new Promise<never>(() => {});
  class Hung extends WebSocketConsumer {
    override async receive() {
      running.open();
      await forever;
    }
    override disconnect(end: End) {
      ended.open(end);
    }
  }
  await using w = await world(Hung, { limits: { disconnectGraceMs: 50 } });
  const peer = await w.connect();
  peer.send("hang");
  await running.passed;
  await peer.close();
  expect(await ended.passed).toMatchObject({ cause: "client" });
  expect((await w.log.line("did not end; disconnect() runs beside it")).fields).toMatchObject({ handler: "receive" });
  await w.isUnharmed();
});

test("a disconnect that hangs keeps no server from stopping", async () => {
  class Hung extends WebSocketConsumer {
    override async disconnect() {
      await new Promise<never>(() => {});
    }
  }
  await using w = await world(Hung, { limits: { disconnectGraceMs: 50 } });
  await w.connect();
  await w.server.close();
  expect(w.log.about("Hung.disconnect() did not end; nobody waits for it any longer")).toHaveLength(1);
});
