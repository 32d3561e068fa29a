import { WebSocket } from "ws";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { chat } from "../test/chat-contract.ts";
import { FakeWebSocket } from "../test/fake-web-socket.ts";
import { listen } from "../test/ws-server.ts";
import { connect } from "./connect.ts";
import type { ConnectOptions } from "./options.ts";
import type { RemoteConsumer } from "./remote-consumer.ts";

const quick: ConnectOptions = { WebSocket, reconnect: { minDelayMs: 1, maxDelayMs: 5 } };

function fake(options: ConnectOptions = {}): RemoteConsumer<typeof chat> {
  FakeWebSocket.opened = [];
  return connect<typeof chat>("ws://x", { WebSocket: FakeWebSocket, ...options });
}

describe("call()", () => {
  test("resolves with the reply to its own number, in whatever order answers come", async () => {
    await using server = await listen();
    await using room = connect<typeof chat>(server.url, quick);
    const first = room.call("rename", { name: "Ann" });
    const second = room.call("rename", { name: "Bea" });
    expectTypeOf(first).resolves.toEqualTypeOf<{ ok: boolean }>();
    const peer = await server.peer();
    expect(await peer.next()).toEqual({ type: "rename", id: 1, data: { name: "Ann" } });
    expect(await peer.next()).toEqual({ type: "rename", id: 2, data: { name: "Bea" } });
    peer.send({ re: 2, data: { ok: false } }, { re: 1, data: { ok: true } }, { re: 1, data: { ok: false } });
    expect(await Promise.all([first, second])).toEqual([{ ok: true }, { ok: false }]);
  });

  test("of a message without a reply resolves when it was handled", async () => {
    await using server = await listen();
    await using room = connect<typeof chat>(server.url, quick);
    const handled = room.call("typing");
    expectTypeOf(handled).resolves.toEqualTypeOf<void>();
    const peer = await server.peer();
    expect(await peer.next()).toEqual({ type: "typing", id: 1 });
    peer.send({ re: 1 });
    expect(await handled).toBeUndefined();
  });

  test("rejects with what the server answered when it refuses", async () => {
    await using server = await listen();
    await using room = connect<typeof chat>(server.url, quick);
    const call = room.call("rename", { name: "Ann" });
    const peer = await server.peer();
    peer.send({ re: 1, error: { code: "taken", data: { by: "Bea" } } });
    await expect(call).rejects.toMatchObject({
      code: "CLIENT_CALL_FAILED",
      failure: { code: "taken", path: [], data: { by: "Bea" } },
      message: '"rename" failed: taken.',
    });
  });

  test("rejects when the reply does not fit, where the contract is there to tell", async () => {
    await using server = await listen();
    await using room = connect(chat, server.url, quick);
    const call = room.call("rename", { name: "Ann" });
    (await server.peer()).send({ re: 1, data: { ok: "yes" } });
    await expect(call).rejects.toMatchObject({ failure: { code: "CONTRACT_MISMATCH", path: ["data", "ok"] } });
  });

  test("that was sent over a connection that is lost says that nobody knows, and is not sent again", async () => {
    await using server = await listen();
    await using room = connect<typeof chat>(server.url, quick);
    const call = room.call("rename", { name: "Ann" });
    const first = await server.peer();
    await first.next();
    first.socket.terminate();
    await expect(call).rejects.toMatchObject({ code: "CLIENT_CALL_UNANSWERED", wasSent: true });
    room.send("typing");
    expect(await (await server.peer()).next()).toEqual({ type: "typing" });
  });

  test("waits until open, across a lost connection, in order with what is sent", async () => {
    await using server = await listen();
    await using room = connect<typeof chat>(server.url, quick);
    const first = await server.peer();
    const isWaiting = new Promise((resolve) => room.onState((state) => state === "waiting" && resolve(undefined)));
    first.socket.terminate();
    await isWaiting;
    room.send("typing");
    const call = room.call("rename", { name: "Ann" });
    const second = await server.peer();
    expect([await second.next(), await second.next()]).toEqual([
      { type: "typing" },
      { type: "rename", id: 1, data: { name: "Ann" } },
    ]);
    second.send({ re: 1, data: { ok: true } });
    expect(await call).toEqual({ ok: true });
  });

  test("whose time is over before it is open is withdrawn, and takes no place in the queue", async () => {
    vi.useFakeTimers();
    try {
      using room = fake({ maxQueuedMessages: 1, callTimeoutMs: 50 });
      const call = room.call("rename", { name: "Ann" });
      const refused = expect(call).rejects.toMatchObject({ code: "CLIENT_CALL_UNANSWERED", wasSent: false });
      await vi.advanceTimersByTimeAsync(50);
      await refused;
      room.send("typing");
      FakeWebSocket.last.open();
      expect(FakeWebSocket.last.sent).toEqual(['{"type":"typing"}']);
    } finally {
      vi.useRealTimers();
    }
  });

  test("whose answer is late rejects after its own time, and the answer is ignored", async () => {
    vi.useFakeTimers();
    try {
      using room = fake();
      FakeWebSocket.last.open();
      const call = room.call("rename", { name: "Ann" }, { timeoutMs: 20 });
      const refused = expect(call).rejects.toMatchObject({ code: "CLIENT_CALL_UNANSWERED", wasSent: true });
      await vi.advanceTimersByTimeAsync(20);
      await refused;
      FakeWebSocket.last.receive('{"re":1,"data":{"ok":true}}');
      expect(room.state).toBe("open");
    } finally {
      vi.useRealTimers();
    }
  });

  test("is refused when too many wait, when the queue is full, and after the end", async () => {
    const room = fake({ maxOpenCalls: 1, maxQueuedMessages: 2 });
    const waiting = expect(room.call("typing")).rejects.toMatchObject({ wasSent: false });
    await expect(room.call("typing")).rejects.toMatchObject({ code: "CLIENT_QUEUE_FULL" });
    room.close();
    await waiting;
    await expect(room.call("typing")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });

    using full = fake({ maxQueuedMessages: 0 });
    await expect(full.call("typing")).rejects.toMatchObject({ code: "CLIENT_QUEUE_FULL" });
  });
});
