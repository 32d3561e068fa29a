import type { Socket } from "node:net";
import { anySocket, type ConnectTransport } from "@solent/client/http";
import {
  acceptWebSocket,
  path,
  ProtocolTypeRouter,
  type PullSocket,
  requireWebSocket,
  signedSession,
  URLRouter,
} from "@solent/core";
import { serve } from "@solent/core/node";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, refused } from "../support/peer.ts";
import { gate, until } from "../support/turns.ts";
import { frame } from "../support/wire.ts";
import { world } from "../support/world.ts";

async function echo(socket: PullSocket): Promise<void> {
  for await (const message of socket) socket.send(message);
}

test("a function echoes text and bytes over a real socket, and the next connection is a run of its own", async () => {
  await using w = await world(requireWebSocket(echo));
  for (let n = 0; n < 3; n++) {
    await using peer = await w.connect();
    peer.send("text");
    peer.send(Buffer.from([1, 2, 3]));
    expect(await peer.heard.take(2)).toEqual(["text", Buffer.from([1, 2, 3])]);
    // One that waits for its client is no handler that runs.
    await until(() => w.server.running().length === 0);
    expect(w.counts().connections).toBe(w.before.connections + 1);
  }
  await w.isUnharmed();
});

test("the scope has everything of the request that an article prints", async () => {
  const handler = requireWebSocket((socket) => {
    const { method, httpVersion, path, queryString, scheme, client, headers } = socket.scope;
    socket.send(JSON.stringify({ method, httpVersion, path, queryString, scheme, address: client?.address, headers }));
  });
  await using w = await world(handler);
  await using peer = await w.connect({
    path: "/echo?name=ann",
    headers: { cookie: "who=ann", origin: `http://127.0.0.1:${w.port}` },
  });
  expect(await peer.json()).toEqual({
    ...{
      method: "GET",
      httpVersion: "1.1",
      path: "/echo",
      queryString: "name=ann",
      scheme: "ws",
      address: "127.0.0.1",
    },
    headers: expect.objectContaining({
      ...{ host: `127.0.0.1:${w.port}`, upgrade: "websocket", connection: "Upgrade", cookie: "who=ann" },
      "sec-websocket-version": "13",
      "sec-websocket-key": expect.stringMatching(/^[\w+/]{22}==$/),
    }),
  });
  expect((await peer.end).code).toBe(1000);
});

test("a client that sends 50 MB to a handler that does not read keeps them, and all of them arrive when it does", async () => {
  const go = gate();
  let asked: PullSocket | undefined;
  const sums: number[] = [];
  const handler = requireWebSocket(async (socket) => {
    asked = socket;
    socket.accept();
    await go.passed;
    for await (const message of socket) {
      if (message === "last") socket.send("all");
      else sums.push(Number.parseInt(String(message), 10));
    }
  });
  await using w = await world(handler, { limits: { maxQueuedFrames: 8 } });
  const sockets: Socket[] = [];
  w.server.http.on("connection", (socket: Socket) => void sockets.push(socket));
  await using peer = await w.connect();
  const count = 500;
  const size = 100_000;
  for (let n = 0; n < count; n++) peer.send(String(n).padEnd(size));
  peer.send("last");
  await until(() => asked?.countMessages() === 8);
  // What the server does not read stays with the client, but for the kernel's buffers.
  await w.stillServes();
  const before = sockets[0]?.bytesRead ?? 0;
  await until(() => peer.socket.bufferedAmount < count * size);
  await w.stillServes();
  expect(sockets[0]?.bytesRead).toBe(before);
  expect(before).toBeLessThan(10 * size);
  expect(asked?.countMessages()).toBe(8);
  expect(peer.socket.bufferedAmount).toBeGreaterThan(30_000_000);
  expect(peer.wire.writableNeedDrain).toBe(true);
  go.open();
  expect(await peer.text()).toBe("all");
  expect(sums).toEqual([...Array(count).keys()]);
});

test("tiny messages that came in one piece of TCP are taken whole, and then no more", async () => {
  const go = gate();
  let asked: PullSocket | undefined;
  const handler = requireWebSocket(async (socket) => {
    asked = socket;
    socket.accept();
    await go.passed;
    let count = 0;
    for await (const message of socket) {
      count++;
      if (message === "end") socket.send(String(count));
    }
  });
  await using w = await world(handler);
  await using wire = await w.wire();
  const many = 100_000;
  const tiny = frame("x");
  wire.write(Buffer.concat([...Array.from({ length: many }, () => tiny), frame("end")]));
  await until(() => (asked?.countMessages() ?? 0) > 0);
  await w.stillServes();
  await w.stillServes();
  expect(asked?.countMessages()).toBeLessThanOrEqual(65_536 / tiny.length + 64);
  go.open();
  const answer = await wire.frames.next();
  expect(answer.payload.toString()).toBe(String(many + 1));
});

test.each<ConnectTransport>(["websocket", "sse", "stream", "poll"])(
  "the same function serves a client over %s",
  async (transport) => {
    await using w = await world(requireWebSocket(echo));
    const Socket = anySocket({ transports: [transport], WebSocket });
    const socket = new Socket(`ws://127.0.0.1:${w.port}/echo`, []);
    const heard: unknown[] = [];
    socket.onmessage = ({ data }: { data: unknown }) => void heard.push(data);
    await new Promise((resolve) => (socket.onopen = resolve));
    for (const text of ["a", "", "c"]) socket.send(text);
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual(["a", "", "c"]);
    socket.close();
    await until(() => w.counts().connections === w.before.connections && w.counts().running === 0);
  },
);

test("a session is in the scope by type, and nobody gets in without one", async () => {
  const session = signedSession({ secret: "a secret of at least thirty-two bytes", load: (id) => ({ name: id }) });
  const hello = requireWebSocket<{ user: { name: string } }>((socket) =>
    socket.send(`hello ${socket.scope.user.name}`),
  );
  await using w = await world(session(hello));
  const cookie = (await session.issue("ann")).split(";")[0] ?? "";
  await using peer = await w.connect({ headers: { cookie } });
  expect(await peer.text()).toBe("hello ann");
  expect((await refused(w.port)).status).toBe(401);
});

test("a handler that never decides is refused with 408, and its signal tells it", async () => {
  const told = gate<unknown>();
  const handler = requireWebSocket(async (socket) => {
    await new Promise((resolve) => socket.signal.addEventListener("abort", resolve));
    told.open(await socket.wait());
  });
  await using w = await world(handler, { limits: { handshakeTimeoutMs: 100 } });
  expect((await refused(w.port)).status).toBe(408);
  expect(await told.passed).toBeUndefined();
  await w.isUnharmed();
});

test("one path answers a page's request and its WebSocket on one port, and 426 where only a WebSocket is", async () => {
  const both = acceptWebSocket((peer) => {
    if (peer.isWebSocket()) return echo(peer);
    return peer.sendResponse(200, `<p>${peer.scope.path}</p>`, { "content-type": "text/html" });
  });
  const router = new URLRouter([path("/both", both), path("/socket", requireWebSocket(echo))]);
  const app = new ProtocolTypeRouter({ http: router, websocket: router });
  await using server = await serve(app, { port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${server.port}`;
  const page = await fetch(`${url}/both`);
  expect([page.status, page.headers.get("content-type"), await page.text()]).toEqual([
    200,
    "text/html",
    "<p>/both</p>",
  ]);
  await using peer = await connect(server.port, { path: "/both" });
  peer.send("a");
  expect(await peer.text()).toBe("a");
  const refusal = await fetch(`${url}/socket`);
  const says = ["upgrade", "connection"].map((name) => refusal.headers.get(name));
  expect([refusal.status, ...says]).toEqual([426, "websocket", "upgrade"]);
  // The connection of the refused request serves the next one.
  expect(await (await fetch(`${url}/both`)).text()).toBe("<p>/both</p>");
});

test("a function that outlives its connection is waited for, and named in the log when that takes too long", async () => {
  const never = gate();
  const stubborn = requireWebSocket(async function stubborn(socket) {
    await socket.wait();
    await never.passed;
  });
  await using w = await world(stubborn, { limits: { disconnectGraceMs: 100 } });
  const peer = await w.connect();
  await peer.close();
  const { fields } = await w.log.line("stubborn.handle() did not end");
  expect(fields).toMatchObject({ consumer: "stubborn", handler: "handle", path: "/" });
  never.open();
  await w.isUnharmed();
});
