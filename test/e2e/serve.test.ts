import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import {
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  SolentError,
  URLRouter,
  WebSocketConsumer,
  type End,
} from "@solent/core";
import { attach, serve, type ServeOptions } from "@solent/core/node";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { Log } from "../support/log.ts";
import { connect, refused } from "../support/peer.ts";
import { gate, until } from "../support/turns.ts";
import { answerTo, Wire } from "../support/wire.ts";
import { world } from "../support/world.ts";

class Echo extends WebSocketConsumer {
  override receive(text: string) {
    this.send(text);
  }
}

const local = { port: 0, host: "127.0.0.1" } satisfies ServeOptions;
const websocket = new URLRouter([path("/", Echo)]);

test("a stopping server closes with 1001, waits for every disconnect, then runs shutdown, then closes its layers", async () => {
  const steps: string[] = [];
  const go = gate();
  class Slow extends Echo {
    override async disconnect({ cause }: End) {
      steps.push(`disconnect ${cause}`);
      await this.layer.groupSend("others", { type: "some.thing" });
      await go.passed;
      steps.push("disconnected");
    }
  }
  const layer = new InMemoryChannelLayer();
  const app = new ProtocolTypeRouter({
    websocket: new URLRouter([path("/", Slow)]),
    lifespan: {
      startup: async () => {
        await Promise.resolve();
        steps.push("startup");
        return { database: "open" };
      },
      shutdown: async (state) => {
        await layer.groupSend("others", { type: "last.word" });
        steps.push(`shutdown ${String(state["database"])}`);
      },
    },
  });
  const server = await serve(app, { ...local, layer });
  steps.push("serving");
  const peer = await connect(server.port);
  const closing = server.close();
  expect(server.close()).toBe(closing);
  expect(await peer.end).toEqual({ code: 1001, reason: "going away" });
  expect(steps).toEqual(["startup", "serving", "disconnect shutdown"]);
  go.open();
  await closing;
  expect(steps.slice(3)).toEqual(["disconnected", "shutdown open"]);
  await expect(layer.groupSend("others", { type: "too.late" })).rejects.toThrow("closed");
});

test("what startup returns is every connection's scope.state", async () => {
  class Stately extends WebSocketConsumer {
    override connect() {
      const admission = this.accept();
      this.send(JSON.stringify(this.scope.state));
      return admission;
    }
  }
  const app = new ProtocolTypeRouter({
    websocket: new URLRouter([path("/", Stately)]),
    lifespan: { startup: () => ({ answer: 42 }) },
  });
  await using server = await serve(app, local);
  await using peer = await connect(server.port);
  expect(await peer.json()).toEqual({ answer: 42 });
});

test("a startup that fails keeps the server from listening, and its error is the caller's", async () => {
  let port = 0;
  const probe = await serve(new ProtocolTypeRouter({ websocket }), local);
  port = probe.port;
  await probe.close();
  const app = new ProtocolTypeRouter({
    websocket,
    lifespan: {
      startup: () => {
        throw new Error("no database");
      },
    },
  });
  await expect(serve(app, { ...local, port })).rejects.toThrow("no database");
  await using again = await serve(new ProtocolTypeRouter({ websocket }), { ...local, port });
  await using peer = await connect(again.port);
  peer.send("hi");
  expect(await peer.text()).toBe("hi");
});

test("a port that is taken is the caller's error, and what startup opened is shut down", async () => {
  const steps: string[] = [];
  await using first = await serve(new ProtocolTypeRouter({ websocket }), local);
  const app = new ProtocolTypeRouter({
    websocket,
    lifespan: { startup: () => void steps.push("startup"), shutdown: () => void steps.push("shutdown") },
  });
  await expect(serve(app, { ...local, port: first.port })).rejects.toThrow("EADDRINUSE");
  expect(steps).toEqual(["startup", "shutdown"]);
});

test.each([
  [{ port: -1 }, "port"],
  [{ port: 65_536 }, "port"],
  [{ port: 1.5 }, "port"],
  [{ limits: { maxFrameBytes: 0 } }, "maxFrameBytes"],
  [{ limits: { maxFrameBytes: "1mb" as unknown as number } }, "maxFrameBytes"],
  [{ limits: { heartbeatIntervalMs: -1 } }, "heartbeatIntervalMs"],
  [{ limits: { overflow: "explode" as "disconnect" } }, "overflow"],
  [{ limits: { maxFrameByte: 1 } as object }, "maxFrameByte"],
] as const)("an option that makes no sense is refused by name before anything starts: %j", async (options, name) => {
  const error = await serve(new ProtocolTypeRouter({ websocket }), { ...local, ...options }).catch((e: unknown) => e);
  expect(SolentError.is(error, "CONFIG_INVALID")).toBe(true);
  expect((error as Error).message).toContain(`"${name}"`);
});

test("drainMs spreads the closing of connections, each with 1012, and refuses new ones meanwhile", async () => {
  await using server = await serve(new ProtocolTypeRouter({ websocket }), local);
  const { port } = server;
  const peers = await Promise.all(Array.from({ length: 5 }, () => connect(port)));
  const startedAtMs = performance.now();
  const ends = peers.map(async (peer) => ({ ...(await peer.end), atMs: performance.now() - startedAtMs }));
  const closing = server.close({ drainMs: 250 });
  const last = peers.at(-1);
  last?.send("still served");
  expect(await last?.text()).toBe("still served");
  await expect(connect(port)).rejects.toThrow("ECONNREFUSED");
  const closed = await Promise.all(ends);
  expect(closed.map(({ code, reason }) => ({ code, reason }))).toEqual(
    closed.map(() => ({ code: 1012, reason: "service restart" })),
  );
  const times = closed.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeGreaterThan(200);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(50);
  await closing;
});

test("a handshake that is being decided when the server stops gets 503, and its consumer the cause shutdown", async () => {
  const entered = gate();
  const ended = gate<End>();
  class Slow extends WebSocketConsumer {
    override async connect() {
      entered.open();
      await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
      return this.accept();
    }
    override disconnect(end: End) {
      ended.open(end);
    }
  }
  for (const drainMs of [0, 20]) {
    await using w = await world(Slow);
    const refusal = refused(w.port);
    await entered.passed;
    await until(() => w.counts().connections === 2);
    await w.server.close({ drainMs });
    expect((await refusal).status).toBe(503);
    expect(await ended.passed).toMatchObject({ cause: "shutdown" });
  }
});

test("connections over maxConnections get 503 and a time to come back, and a place that is freed is given again", async () => {
  const facts: unknown[] = [];
  const onFact = (fact: unknown): void => void facts.push(fact);
  await using w = await world(Echo, { limits: { maxConnections: 2 } });
  await using second = await w.connect();
  subscribe("solent:overflow", onFact);
  const { status, headers } = await refused(w.port);
  unsubscribe("solent:overflow", onFact);
  expect(status).toBe(503);
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  expect(facts).toEqual([{ what: "connections", action: "refuse" }]);
  await second.close();
  await until(() => w.counts().connections === 1);
  await using third = await w.connect();
  third.send("hi");
  expect(await third.text()).toBe("hi");
});

test("a client that does not answer the close delays a stopping server by no more than closeTimeoutMs", async () => {
  await using w = await world(Echo, { limits: { closeTimeoutMs: 50 } });
  await using wire = await w.wire();
  wire.socket.pause();
  await w.server.close();
  expect(w.counts().connections).toBe(0);
});

test("clients that connected and sent no request yet, as browsers do ahead of time, delay no stopping server", async () => {
  const server = await serve(new ProtocolTypeRouter({ websocket }), {
    ...local,
    limits: { disconnectGraceMs: 60_000 },
  });
  await using silent = new Wire(server.port);
  await new Promise((resolve) => silent.socket.once("connect", resolve));
  await server.close();
  await silent.ended;
});

test("a middleware that hangs is logged, and keeps no server from stopping", async () => {
  const log = new Log();
  const hanging = { handle: () => new Promise<never>(() => {}) };
  const server = await serve(hanging, { ...local, logger: log, limits: { disconnectGraceMs: 20 } });
  const refusal = refused(server.port);
  await until(() => server.connectionCount === 1);
  await server.close();
  expect((await refusal).status).toBe(503);
  expect(log.about("without waiting for what hangs")).toHaveLength(1);
});

test("an application that decides nothing refuses the connection and says so", async () => {
  const log = new Log();
  await using server = await serve({ handle: () => {} }, { ...local, logger: log });
  expect((await refused(server.port)).status).toBe(500);
  expect(String(log.lines[0]?.fields["err"])).toContain("got no decision");
});

test("a middleware that throws refuses the connection with a bare 500", async () => {
  const log = new Log();
  const throwing = {
    handle: () => {
      throw new Error("secret detail");
    },
  };
  await using server = await serve(throwing, { ...local, logger: log });
  const { status, body } = await refused(server.port);
  expect(status).toBe(500);
  expect(body).not.toContain("secret");
  expect(String(log.lines[0]?.fields["err"])).toContain("secret detail");
});

test("attach serves beside another library's upgrade listener, each its own paths", async () => {
  const http = createServer((_request, response) => response.end("own page"));
  const other = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.url !== "/other") return;
    other.handleUpgrade(request, socket, head, (ws) => ws.send("from the other"));
  });
  const solent = await attach(http, new ProtocolTypeRouter({ websocket }), {
    accepts: (request) => request.url !== "/other",
    logger: new Log(),
  });
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  const { port } = solent;
  const ours = await connect(port);
  const theirs = await connect(port, { path: "/other" });
  ours.send("hi");
  expect(await ours.text()).toBe("hi");
  expect(await theirs.text()).toBe("from the other");
  expect((await refused(port, { path: "/nowhere" })).status).toBe(404);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("own page");

  await solent.close();
  expect((await ours.end).code).toBe(1001);
  expect(theirs.socket.readyState).toBe(theirs.socket.OPEN);
  expect(http.listening).toBe(true);
  expect(http.listenerCount("upgrade")).toBe(1);
  await theirs.close();
  await new Promise((resolve) => {
    http.close(resolve);
    http.closeAllConnections();
  });
});

test("an upgrade request that nobody accepts is refused instead of left hanging", async () => {
  await using http = createServer();
  await using solent = await attach(http, new ProtocolTypeRouter({ websocket }), { accepts: () => false });
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  expect((await answerTo(solent.port, {})).status).toBe(404);
  await using own = await serve(new ProtocolTypeRouter({ websocket }), { ...local, accepts: () => false });
  expect((await answerTo(own.port, {})).status).toBe(404);
});

test("diagnostics channels tell connect, close, event, error and overflow, and cost nothing when nobody listens", async () => {
  const facts: [name: string, fact: Record<string, unknown>][] = [];
  const subscriptions = ["connect", "close", "event", "error", "overflow"].map((name) => {
    const listener = (fact: unknown): void => void facts.push([name, fact as Record<string, unknown>]);
    subscribe(`solent:${name}`, listener);
    return () => unsubscribe(`solent:${name}`, listener);
  });
  class Watched extends WebSocketConsumer {
    override async receive() {
      await this.group("watched").join();
      await this.group("watched").send("room.line", { text: "hi" });
    }
    room_line() {
      throw new Error("broken");
    }
  }
  await using w = await world(Watched);
  facts.length = 0;
  await using peer = await w.connect({ path: "/some/where" });
  peer.send("go");
  await peer.end;
  await until(() => facts.some(([name]) => name === "close"));
  for (const unsubscribe of subscriptions) unsubscribe();
  expect(facts.map(([name]) => name)).toEqual(["connect", "event", "error", "close"]);
  const [connected, event, error, closed] = facts.map(([, fact]) => fact);
  const { id } = connected as { id: string };
  expect(connected).toEqual({ id: expect.any(String), path: "/some/where", consumer: "Watched" });
  expect(event).toMatchObject({ id, consumer: "Watched", type: "room.line", group: "watched" });
  expect(error).toMatchObject({ id, consumer: "Watched", handler: "room_line", error: expect.any(Error) });
  expect(closed).toMatchObject({ id, path: "/some/where", consumer: "Watched", end: { code: 4500, cause: "error" } });
  await w.isUnharmed();
});
