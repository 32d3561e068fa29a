import { connect } from "@solent/client";
import { contract, SolentError, WebSocketConsumer, type Received } from "@solent/core";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { gate, until } from "../support/turns.ts";
import { world } from "../support/world.ts";

const desk = contract({
  toServer: {
    say: {
      data: z.object({ text: z.string() }),
      reply: z.object({ number: z.number() }),
      errors: { muted: z.object({ untilMs: z.number() }), closed: {} },
    },
    note: z.object({ text: z.string() }),
    ask: {},
  },
  toClient: {
    confirm: { data: z.object({ question: z.string() }), reply: z.boolean() },
    ping: { reply: z.number() },
    said: z.string(),
  },
});

class Desk extends WebSocketConsumer.of(desk) {
  count = 0;
  override async receive(frame: Received<typeof desk>) {
    switch (frame.type) {
      case "say":
        await this.#say(frame);
        return;
      case "note":
        await Promise.resolve();
        this.send("said", frame.data.text);
        return;
      case "ask":
    }
  }
  async #say(frame: Received<typeof desk, "say">) {
    const { text } = frame.data;
    if (text === "muted") frame.fail("muted", { untilMs: 5_000 });
    else if (text === "closed") frame.fail("closed");
    else if (text === "twice") {
      frame.reply({ number: 1 });
      try {
        frame.reply({ number: 2 });
      } catch (error) {
        this.send("said", SolentError.is(error) ? error.code : "?");
      }
    } else if (text !== "nothing") {
      await Promise.resolve();
      frame.reply({ number: ++this.count });
    }
  }
}

test("a question is answered by its id: with a reply, with an error of the contract, or with its data", async () => {
  await using w = await world(Desk);
  await using peer = await w.connect();
  peer.send({ type: "say", id: 7, data: { text: "hi" } });
  expect(await peer.json()).toEqual({ re: 7, data: { number: 1 } });
  peer.send({ type: "say", id: 8, data: { text: "muted" } });
  expect(await peer.json()).toEqual({ re: 8, error: { code: "muted", data: { untilMs: 5_000 } } });
  peer.send({ type: "say", id: 9, data: { text: "closed" } });
  expect(await peer.json()).toEqual({ re: 9, error: { code: "closed" } });
  await peer.close();
  await w.isUnharmed();
});

test("a message without a reply is acknowledged once it has been handled, when the client asks by id", async () => {
  await using w = await world(Desk);
  await using peer = await w.connect();
  peer.send({ type: "note", id: 1, data: { text: "first" } });
  peer.send({ type: "note", data: { text: "no id, no answer" } });
  peer.send({ type: "ask", id: 2 });
  expect([await peer.json(), await peer.json(), await peer.json(), await peer.json()]).toEqual([
    { type: "said", data: "first" },
    { re: 1 },
    { type: "said", data: "no id, no answer" },
    { re: 2 },
  ]);
});

test("a handler that forgets the reply it declares is answered for with FRAME_UNANSWERED, and the log says what to call", async () => {
  await using w = await world(Desk);
  await using peer = await w.connect();
  peer.send({ type: "say", id: 4, data: { text: "nothing" } });
  expect(await peer.json()).toEqual({ re: 4, error: { code: "FRAME_UNANSWERED" } });
  expect((await w.log.line("ended without a reply")).message).toContain("frame.reply(value)");
  peer.send({ type: "say", data: { text: "nothing" } });
  peer.send({ type: "ask", id: 5 });
  expect(await peer.json()).toEqual({ re: 5 });
  expect(w.log.about("ended without a reply")).toHaveLength(1);
});

test("a frame is answered once: a second answer is an error where it is made, and the client hears one", async () => {
  await using w = await world(Desk);
  await using peer = await w.connect();
  peer.send({ type: "say", id: 1, data: { text: "twice" } });
  expect(await peer.json()).toEqual({ re: 1, data: { number: 1 } });
  expect(await peer.json()).toEqual({ type: "said", data: "CONSUMER_STATE" });
});

test("a reply to a client that asked for none is sent to nobody", async () => {
  await using w = await world(Desk);
  await using peer = await w.connect();
  peer.send({ type: "say", data: { text: "hi" } });
  peer.send({ type: "ask", id: 1 });
  expect(await peer.json()).toEqual({ re: 1 });
});

/** Asks its client, and says what came of it. */
class Asking extends WebSocketConsumer.of(desk) {
  override async receive(frame: Received<typeof desk>) {
    if (frame.type === "say") frame.reply({ number: 0 });
    if (frame.type !== "note") return;
    const { text } = frame.data;
    try {
      if (text === "ping") this.send("said", `pong ${String(await this.call("ping"))}`);
      else this.send("said", `confirmed ${String(await this.call("confirm", { question: text }))}`);
    } catch (error) {
      outcomes.push(error);
      this.send(
        "said",
        SolentError.is(error) ? `${error.code} ${(error.details["code"] as string | undefined) ?? ""}` : "?",
      );
    }
  }
}
const outcomes: unknown[] = [];

test("the server asks the client, whose answer does not wait behind the handler that waits for it", async () => {
  await using w = await world(Asking);
  await using peer = await w.connect();
  peer.send({ type: "note", data: { text: "leave?" } });
  peer.send({ type: "ask", id: 1 });
  expect(await peer.json()).toEqual({ type: "confirm", id: 1, data: { question: "leave?" } });
  peer.send({ re: 1, data: true });
  expect(await peer.json()).toEqual({ type: "said", data: "confirmed true" });
  expect(await peer.json()).toEqual({ re: 1 });
  peer.send({ type: "note", data: { text: "ping" } });
  expect(await peer.json()).toEqual({ type: "ping", id: 2 });
  peer.send({ re: 2, data: 5 });
  expect(await peer.json()).toEqual({ type: "said", data: "pong 5" });
});

test("an answer that fails, or does not fit, fails the call and not the connection", async () => {
  await using w = await world(Asking);
  await using peer = await w.connect();
  const answers = [
    [{ error: { code: "busy" } }, "CALL_FAILED busy"],
    [{ data: "yes" }, "CONTRACT_MISMATCH "],
    [{}, "CONTRACT_MISMATCH "],
    [{ error: { code: "x".repeat(1_000) } }, `CALL_FAILED ${"x".repeat(64)}`],
  ] as const;
  for (const [answer, outcome] of answers) {
    peer.send({ type: "note", data: { text: "sure?" } });
    const { id } = await peer.json();
    peer.send({ re: id, ...answer });
    expect(await peer.json()).toEqual({ type: "said", data: outcome });
  }
  await peer.close();
  await w.isUnharmed();
});

test("answers that nobody waits for are ignored: unknown, repeated, or too late", async () => {
  await using w = await world(Asking);
  await using peer = await w.connect();
  peer.send({ re: 1, data: true });
  peer.send({ re: 99, error: { code: "busy" } });
  peer.send({ type: "note", data: { text: "sure?" } });
  const { id } = await peer.json();
  for (let i = 0; i < 3; i++) peer.send({ re: id, data: i === 0 });
  expect(await peer.json()).toEqual({ type: "said", data: "confirmed true" });
  peer.send({ type: "ask", id: 1 });
  expect(await peer.json()).toEqual({ re: 1 });
  expect(w.log.lines).toEqual([]);
});

test("a call that is not answered in time fails with CALL_UNANSWERED, and its answer is then ignored", async () => {
  await using w = await world(Asking, { limits: { callTimeoutMs: 30 } });
  await using peer = await w.connect();
  peer.send({ type: "note", data: { text: "anybody?" } });
  const { id } = await peer.json();
  expect(await peer.json()).toEqual({ type: "said", data: "CALL_UNANSWERED " });
  peer.send({ re: id, data: true });
  peer.send({ type: "ask", id: 1 });
  expect(await peer.json()).toEqual({ re: 1 });
});

test("a connection that ends fails its open calls at once, and leaves no timer", async () => {
  outcomes.length = 0;
  await using w = await world(Asking, { limits: { callTimeoutMs: 60_000 } });
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const peer = await w.connect();
  peer.send({ type: "note", data: { text: "anybody?" } });
  await peer.json();
  await until(() => timers() === before + 1);
  await peer.close();
  await until(() => outcomes.length > 0);
  expect(String(outcomes[0])).toContain("the connection ended");
  await w.isUnharmed();
  await until(() => timers() === before);
});

test("a call after the connection has ended fails at once", async () => {
  const failed = gate<unknown>();
  class Late extends WebSocketConsumer.of(desk) {
    override async disconnect() {
      await this.call("ping").catch((error: unknown) => failed.open(error));
    }
  }
  await using w = await world(Late);
  await (await w.connect()).close();
  expect(SolentError.is(await failed.passed, "CALL_UNANSWERED")).toBe(true);
});

test("open calls are limited: one more fails with CALL_TOO_MANY and sends nothing", async () => {
  class Eager extends WebSocketConsumer.of(desk) {
    override receive() {
      for (let i = 0; i < 3; i++) {
        this.call("ping").then(
          () => this.send("said", `answered ${i}`),
          (error: unknown) => this.send("said", SolentError.is(error) ? error.code : "?"),
        );
      }
    }
  }
  await using w = await world(Eager, { limits: { maxOpenCalls: 2 } });
  await using peer = await w.connect();
  peer.send({ type: "ask" });
  const heard = [await peer.json(), await peer.json(), await peer.json()];
  expect(heard).toEqual([
    { type: "ping", id: 1 },
    { type: "ping", id: 2 },
    { type: "said", data: "CALL_TOO_MANY" },
  ]);
  peer.send({ re: 2, data: 2 });
  peer.send({ re: 1, data: 1 });
  expect([await peer.json(), await peer.json()]).toEqual([
    { type: "said", data: "answered 1" },
    { type: "said", data: "answered 0" },
  ]);
});

test("an answer gets through although so many frames wait that the socket would no longer be read", async () => {
  await using w = await world(Asking, { limits: { maxQueuedFrames: 10 } });
  await using peer = await w.connect();
  peer.send({ type: "note", data: { text: "sure?" } });
  const { id } = await peer.json();
  // The answer is behind more frames than the inbox holds, on a socket that is read no further once it is full.
  for (let i = 1; i <= 20; i++) peer.send({ type: "ask", id: i });
  await w.stillServes();
  peer.send({ re: id, data: true });
  expect(await peer.json()).toEqual({ type: "said", data: "confirmed true" });
  for (let i = 1; i <= 20; i++) expect(await peer.json()).toEqual({ re: i });
});

test("a call made while the socket is not read any more gets its answer", async () => {
  const go = gate();
  class Late extends WebSocketConsumer.of(desk) {
    override async receive(frame: Received<typeof desk>) {
      if (frame.type !== "note") return;
      await go.passed;
      this.send("said", String(await this.call("ping")));
    }
  }
  await using w = await world(Late, { limits: { maxQueuedFrames: 10 } });
  await using peer = await w.connect();
  peer.send({ type: "note", data: { text: "go" } });
  for (let i = 1; i <= 20; i++) peer.send({ type: "ask", id: i });
  await until(() => w.counts().running === 1);
  await w.stillServes();
  go.open();
  const { id } = await peer.json();
  peer.send({ re: id, data: 3 });
  expect(await peer.json()).toEqual({ type: "said", data: "3" });
  for (let i = 1; i <= 20; i++) expect(await peer.json()).toEqual({ re: i });
});

test("with solent.v1 the hello comes first, and plain clients never see it", async () => {
  class Greeting extends WebSocketConsumer.of(desk) {
    override connect() {
      const admission = this.accept();
      this.send("said", "welcome");
      return admission;
    }
  }
  await using w = await world(Greeting, { limits: { heartbeatIntervalMs: 12_345 } });
  await using versed = await w.connect({ subprotocols: ["solent.token.abc", "solent.v1"] });
  expect(versed.socket.protocol).toBe("solent.v1");
  expect(await versed.json()).toEqual({
    solent: 1,
    session: expect.stringMatching(/^[\w-]{1,64}$/),
    heartbeatMs: 12_345,
  });
  expect(await versed.json()).toEqual({ type: "said", data: "welcome" });
  await using plain = await w.connect();
  expect(plain.socket.protocol).toBe("");
  expect(await plain.json()).toEqual({ type: "said", data: "welcome" });
});

test("what the server sends is checked in development, where it is sent, and only there", async () => {
  class Sloppy extends WebSocketConsumer.of(desk) {
    override receive(frame: Received<typeof desk>) {
      if (frame.type === "say") frame.reply({ number: "seven" as unknown as number });
      else this.send("said", 7 as unknown as string);
    }
  }
  for (const isDevelopment of [true, false]) {
    for (const frame of [{ type: "ask" }, { type: "say", id: 1, data: { text: "hi" } }]) {
      await using w = await world(Sloppy, { isDevelopment });
      await using peer = await w.connect();
      peer.send(frame);
      if (isDevelopment) {
        expect((await peer.end).code).toBe(4500);
        expect(String((await w.log.line("Sloppy.receive() failed")).fields["err"])).toContain(
          "does not fit its schema",
        );
      } else {
        const heard = await peer.json();
        expect(heard).toEqual(frame.type === "ask" ? { type: "said", data: 7 } : { re: 1, data: { number: "seven" } });
      }
    }
  }
});

test("the client's call gets the reply, the contract's error with its data, or the refusal of a bad frame", async () => {
  await using w = await world(Desk);
  await using room = connect<typeof desk>(`ws://127.0.0.1:${w.port}/`, { WebSocket });
  expect(await room.call("say", { text: "hi" })).toEqual({ number: 1 });
  expect(await room.call("note", { text: "handled" })).toBeUndefined();
  await expect(room.call("say", { text: "muted" })).rejects.toMatchObject({
    failure: { code: "muted", data: { untilMs: 5_000 } },
  });
  await expect(room.call("say", { text: 7 as never })).rejects.toMatchObject({
    failure: { code: "CONTRACT_MISMATCH", path: ["data", "text"] },
  });
  await expect(room.call("say", { text: "nothing" })).rejects.toMatchObject({ failure: { code: "FRAME_UNANSWERED" } });
});
