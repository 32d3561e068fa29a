import { WebSocket } from "ws";
import { describe, expect, test, vi } from "vitest";
import { chat } from "../test/chat-contract.ts";
import { FakeWebSocket } from "../test/fake-web-socket.ts";
import { listen, type Peer, type TestServer } from "../test/ws-server.ts";
import { ClientError } from "./client-error.ts";
import { connect } from "./connect.ts";
import type { ConnectOptions } from "./options.ts";
import type { Complaint, RemoteConsumer } from "./remote-consumer.ts";

type Room = RemoteConsumer<typeof chat>;

const quick: ConnectOptions = { WebSocket, reconnect: { minDelayMs: 1, maxDelayMs: 5 } };

function enter(server: TestServer, options?: ConnectOptions): Room {
  return connect<typeof chat>(`${server.url}/rooms/red`, { ...quick, ...options });
}

function heard(room: Room, count: number): Promise<unknown[]> {
  const lines: unknown[] = [];
  return new Promise((resolve) => room.on("said", (line) => lines.push(line) === count && resolve(lines)));
}

function stateIs(room: Room, wanted: string): Promise<void> {
  return new Promise((resolve) => room.onState((state) => state === wanted && resolve()));
}

const said = (text: string): unknown => ({ type: "said", data: { from: "ann", text } });

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof ClientError ? error.code : "other";
  }
  return undefined;
}

describe("the handshake", () => {
  test("asks for the path, offers solent.v1 and then the token", async () => {
    await using server = await listen();
    await using _room = enter(server, { token: "e30.abc" });
    const { request } = await server.peer();
    expect(request.url).toBe("/rooms/red");
    expect(request.headers["sec-websocket-protocol"]).toBe("solent.v1,solent.token.e30.abc");
  });

  test.each([403, 404])("that is answered with %i is given up after a bounded number of attempts", async (status) => {
    await using server = await listen(status);
    await using room = enter(server, { reconnect: { minDelayMs: 1, maxDelayMs: 1, maxFirstAttempts: 3 } });
    expect(await room.closed).toEqual({ code: 1006, reason: "", cause: "unreachable", unsentMessages: 0 });
  });
});

describe("send()", () => {
  test("keeps messages until open and sends them in order, before later ones", async () => {
    await using server = await listen();
    await using room = enter(server);
    room.onState((state) => state === "open" && room.send("say", { text: "three" }));
    room.send("say", { text: "one" });
    room.send("typing");
    const peer = await server.peer();
    expect([await peer.next(), await peer.next(), await peer.next()]).toEqual([
      { type: "say", data: { text: "one" } },
      { type: "typing" },
      { type: "say", data: { text: "three" } },
    ]);
  });

  test("sends what was said while the connection was lost on the next one, and nothing twice", async () => {
    await using server = await listen();
    await using room = enter(server);
    room.send("say", { text: "one" });
    const first = await server.peer();
    await first.next();
    const isWaiting = stateIs(room, "waiting");
    first.socket.terminate();
    await isWaiting;
    room.send("say", { text: "two" });
    const second = await server.peer();
    expect(await second.next()).toEqual({ type: "say", data: { text: "two" } });
    room.send("say", { text: "three" });
    expect(await second.next()).toEqual({ type: "say", data: { text: "three" } });
  });

  test("takes the data as it is at that moment", async () => {
    await using server = await listen();
    await using room = enter(server);
    const line = { text: "before" };
    room.send("say", line);
    line.text = "after";
    const peer = await server.peer();
    expect(await peer.next()).toEqual({ type: "say", data: { text: "before" } });
  });

  test("throws when the queue is full, keeps what is in it, and tells at the end how much was never sent", async () => {
    await using server = await listen();
    await using room = enter(server, { maxQueuedMessages: 2 });
    room.send("typing");
    room.send("typing");
    expect(codeOf(() => room.send("typing"))).toBe("CLIENT_QUEUE_FULL");
    room.close();
    expect(await room.closed).toMatchObject({ unsentMessages: 2 });
  });

  test("throws when the network takes less than is sent", () => {
    FakeWebSocket.opened = [];
    using room = connect<typeof chat>("ws://x", { WebSocket: FakeWebSocket, maxBufferedBytes: 10 });
    const socket = FakeWebSocket.last;
    socket.open();
    socket.bufferedAmount = 10;
    room.send("typing");
    socket.bufferedAmount = 11;
    expect(codeOf(() => room.send("typing"))).toBe("CLIENT_QUEUE_FULL");
    room.send("typing", undefined, { volatile: true });
    expect(socket.sent).toEqual(['{"type":"typing"}']);
  });

  test("keeps what is sent to a socket that is closing for the next one", () => {
    FakeWebSocket.opened = [];
    using room = connect<typeof chat>("ws://x", { WebSocket: FakeWebSocket });
    const socket = FakeWebSocket.last;
    socket.open();
    socket.readyState = 2;
    room.send("typing");
    expect(socket.sent).toEqual([]);
    socket.end(1001);
    room.retry();
    FakeWebSocket.last.open();
    expect(FakeWebSocket.last.sent).toEqual(['{"type":"typing"}']);
  });

  test("drops a volatile message while not open, without an error", async () => {
    await using server = await listen();
    await using room = enter(server, { maxQueuedMessages: 1 });
    room.send("typing", undefined, { volatile: true });
    room.send("say", { text: "one" });
    room.send("typing", undefined, { volatile: true });
    const peer = await server.peer();
    expect(await peer.next()).toEqual({ type: "say", data: { text: "one" } });
    room.send("typing", undefined, { volatile: true });
    expect(await peer.next()).toEqual({ type: "typing" });
  });

  test("throws once it has ended", async () => {
    await using server = await listen();
    await using room = enter(server);
    room.close();
    expect(codeOf(() => room.send("typing"))).toBe("CLIENT_CLOSED");
  });
});

describe("on()", () => {
  test("hears messages of its type in order, also across reconnects", async () => {
    await using server = await listen();
    await using room = enter(server);
    const lines = heard(room, 3);
    const first = await server.peer();
    first.send(said("one"), { type: "count", data: 1 }, said("two"));
    first.socket.close(1012);
    const second = await server.peer();
    second.send(said("three"));
    expect(await lines).toMatchObject([{ text: "one" }, { text: "two" }, { text: "three" }]);
  });

  test("ends with the function it answers, one registration at a time", async () => {
    await using server = await listen();
    await using room = enter(server);
    const handler = vi.fn();
    const stop = room.on("said", handler);
    room.on("said", handler);
    stop();
    stop();
    const done = heard(room, 1);
    (await server.peer()).send(said("one"));
    await done;
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test("is not kept from hearing by another handler that throws or rejects", async () => {
    await using server = await listen();
    const onError = vi.fn();
    await using room = enter(server, { onError });
    const thrown = new Error("thrown");
    const rejected = new Error("rejected");
    room.on("said", () => {
      throw thrown;
    });
    room.on("said", () => Promise.reject(rejected));
    const lines = heard(room, 2);
    (await server.peer()).send(said("one"), said("two"));
    await lines;
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(4));
    const errors = onError.mock.calls.flat();
    expect(errors.filter((error) => error === thrown)).toHaveLength(2);
    expect(errors.filter((error) => error === rejected)).toHaveLength(2);
  });

  test("ignores what this version does not know", async () => {
    await using server = await listen();
    const onError = vi.fn();
    await using room = enter(server, { onError });
    const lines = heard(room, 1);
    const peer = await server.peer();
    peer.send("no json", "null", "[]", "7", {}, { at: "t:1:2" }, { presence: "t", join: [] }, { re: 5 });
    peer.send({ type: "said", re: 1, data: { from: "x", text: "invalid" } }, { type: 7 }, { error: "text" });
    peer.send({ type: "constructor" }, { type: "__proto__", data: 1 }, { type: "later", data: 1 });
    peer.socket.send(Buffer.from('{"type":"said","data":{"from":"x","text":"binary"}}'), { binary: true });
    peer.send({ data: { from: "ann", text: "known" }, at: "t:1:3", type: "said", ch: 0, unknown: true });
    expect(await lines).toEqual([{ from: "ann", text: "known" }]);
    expect(onError).not.toHaveBeenCalled();
    expect(room.state).toBe("open");
  });

  test("does not hear the message during which it was added", async () => {
    await using server = await listen();
    await using room = enter(server);
    const late = vi.fn();
    const stop = room.on("said", () => {
      stop();
      room.on("said", late);
    });
    const lines = heard(room, 2);
    (await server.peer()).send(said("one"), said("two"));
    await lines;
    expect(late.mock.calls).toEqual([[{ from: "ann", text: "two" }]]);
  });
});

describe("complaints", () => {
  async function complaintsAbout(room: Room, peer: Peer, ...frames: unknown[]): Promise<Complaint[]> {
    const complaints: Complaint[] = [];
    room.onComplaint((complaint) => complaints.push(complaint));
    const isDelivered = heard(room, 1);
    peer.send(...frames, said("last"));
    await isDelivered;
    return complaints;
  }

  test("of the server are surfaced; an answer to a call that nobody made is not one", async () => {
    await using server = await listen();
    await using room = enter(server);
    const path = ["data", "text"];
    const frames = [
      { error: { code: "CONTRACT_MISMATCH", path } },
      { re: 3, error: { code: "MUTED" } },
      { error: { code: "SOMETHING_NEW" } },
    ];
    expect(await complaintsAbout(room, await server.peer(), ...frames)).toEqual([
      { code: "CONTRACT_MISMATCH", path, by: "server" },
      { code: "SOMETHING_NEW", path: [], by: "server" },
    ]);
  });

  test("that nobody listens to are reported as an error", async () => {
    await using server = await listen();
    const onError = vi.fn();
    await using room = enter(server, { onError });
    const done = heard(room, 1);
    (await server.peer()).send({ error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }, said("last"));
    await done;
    expect(onError.mock.calls.flat()).toMatchObject([
      { code: "CLIENT_COMPLAINT", message: 'The server refused a frame: FRAME_UNKNOWN_TYPE at "type".' },
    ]);
  });

  test("of the client name what does not fit the contract, which is then not delivered", async () => {
    await using server = await listen();
    await using room = connect(chat, server.url, quick);
    const delivered = vi.fn();
    room.on("count", delivered);
    room.on("said", delivered);
    const complaints = await complaintsAbout(
      room,
      await server.peer(),
      { type: "said", data: { from: "ann", text: "" } },
      { type: "said" },
      { type: "count", data: "one" },
      { type: "constructor", data: 1 },
      { type: "cleared", data: "ignored" },
    );
    expect(complaints).toEqual([
      { code: "CONTRACT_MISMATCH", path: ["data", "text"], by: "client", type: "said" },
      { code: "CONTRACT_MISMATCH", path: ["data"], by: "client", type: "said" },
      { code: "CONTRACT_MISMATCH", path: ["data"], by: "client", type: "count" },
      { code: "FRAME_UNKNOWN_TYPE", path: ["type"], by: "client", type: "constructor" },
    ]);
    expect(delivered.mock.calls).toEqual([[{ from: "ann", text: "last" }]]);
  });

  test("do not come from a client that has only the contract's type", async () => {
    await using server = await listen();
    await using room = enter(server);
    const counted = new Promise((resolve) => room.on("count", resolve));
    (await server.peer()).send({ type: "count", data: "not a number" });
    expect(await counted).toBe("not a number");
  });
});

test("a question of the server is answered with FRAME_UNANSWERED after its handlers got it", async () => {
  await using server = await listen();
  await using room = enter(server);
  const asked = vi.fn();
  room.on("confirm", asked);
  const peer = await server.peer();
  peer.send({ type: "confirm", id: 4, data: { question: "Leave?" } });
  expect(await peer.next()).toEqual({ re: 4, error: { code: "FRAME_UNANSWERED" } });
  expect(asked).toHaveBeenCalledWith({ question: "Leave?" });
});

describe("async iteration", () => {
  test("gives every message from then on, across reconnects, until it ends", async () => {
    await using server = await listen();
    await using room = enter(server);
    const first = await server.peer();
    const messages: unknown[] = [];
    const reading = (async () => {
      for await (const message of room) {
        messages.push(message);
        if (message.type === "cleared") room.close();
      }
    })();
    first.send(said("one"), { type: "count", data: 2 });
    first.socket.close(1001);
    (await server.peer()).send({ type: "cleared" });
    await reading;
    expect(messages).toEqual([said("one"), { type: "count", data: 2 }, { type: "cleared", data: undefined }]);
  });

  test("that falls too far behind reads what it has and then throws; the connection stays", async () => {
    await using server = await listen();
    await using room = enter(server, { maxUnreadMessages: 2 });
    const messages = room[Symbol.asyncIterator]();
    const done = heard(room, 3);
    (await server.peer()).send(said("one"), said("two"), said("three"));
    await done;
    expect((await messages.next()).value).toEqual(said("one"));
    expect((await messages.next()).value).toEqual(said("two"));
    await expect(messages.next()).rejects.toMatchObject({ code: "CLIENT_UNREAD_FULL" });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(room.state).toBe("open");
  });

  test("of an ended room ends at once", async () => {
    await using server = await listen();
    await using room = enter(server);
    room.close();
    expect(await room[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });
});

describe("the end", () => {
  test("by close() tells the server code and reason", async () => {
    await using server = await listen();
    await using room = enter(server);
    const isOpen = stateIs(room, "open");
    const peer = await server.peer();
    await isOpen;
    room.close(4001, "bye");
    expect(room.state).toBe("closed");
    expect(await peer.ended()).toEqual({ code: 4001, reason: "bye" });
    expect(await room.closed).toEqual({ code: 4001, reason: "bye", cause: "client", unsentMessages: 0 });
  });

  test("by the server's close code is final", async () => {
    await using server = await listen();
    await using room = enter(server);
    (await server.peer()).socket.close(4403, "denied");
    expect(await room.closed).toEqual({ code: 4403, reason: "denied", cause: "server", unsentMessages: 0 });
  });

  test("comes with the block of await using, when the socket is gone", async () => {
    await using server = await listen();
    let peer: Peer;
    {
      await using room = enter(server);
      const isOpen = stateIs(room, "open");
      peer = await server.peer();
      await isOpen;
    }
    expect(await peer.ended()).toMatchObject({ code: 1000 });
  });

  test.each([
    [999, ""],
    [1001, ""],
    [5000, ""],
    [1000.5, ""],
    [1000, "é".repeat(62)],
  ])("refuses the code %d with the reason %j", async (code, reason) => {
    await using server = await listen();
    await using room = enter(server);
    expect(codeOf(() => room.close(code, reason))).toBe("CLIENT_OPTION");
    expect(room.state).toBe("connecting");
  });
});
