import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpExchange } from "../consumer/http-exchange.ts";
import type { PullSocket } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { testServer, type TestServer } from "../testing/test-server.ts";
import { acceptWebSocket, type ExchangeOptions } from "./accept-web-socket.ts";
import { listRoutes } from "./list-routes.ts";
import { ProtocolTypeRouter } from "./protocol-type-router.ts";
import { requireWebSocket } from "./require-web-socket.ts";
import { path } from "./route.ts";
import { URLRouter } from "./url-router.ts";

type Peer = PullSocket | HttpExchange;

const lines: string[] = [];
const log = (_fields: unknown, message: string) => void lines.push(message);

/** A server that runs a function for both protocols on `/`. */
function serverOf(handler: (peer: Peer) => unknown, options: ExchangeOptions<Peer> = {}): TestServer {
  const router = new URLRouter([path("/", acceptWebSocket(handler, options))]);
  const app = new ProtocolTypeRouter({ http: router, websocket: router });
  lines.length = 0;
  const server = testServer(app, { logger: { info: log, warn: log, error: log } });
  onTestFinished(() => server.close());
  return server;
}

async function lowerCase(peer: Peer): Promise<unknown> {
  if (!peer.isWebSocket()) {
    const message = new URLSearchParams(peer.scope.queryString).get("message") ?? "";
    return peer.sendResponse(200, message.toLowerCase());
  }
  for await (const message of peer) peer.send(String(message).toLowerCase());
  return undefined;
}

describe("acceptWebSocket", () => {
  test("gives one path both protocols, and isWebSocket() tells them apart", async () => {
    const server = serverOf(lowerCase);
    const answer = await server.fetch("/?message=ABC");
    expect([answer.status, await answer.text()]).toEqual([200, "abc"]);
    const ann = await server.connect("/");
    ann.sendFrame("DEF");
    expect(await ann.nextFrame()).toBe("def");
  });

  test("gives a request its body, and answers one that is too large with 413", async () => {
    const server = serverOf(
      async (peer) => {
        if (peer.isWebSocket()) return peer.deny(404);
        return peer.sendJson(200, { method: peer.scope.method, got: await peer.body.json() });
      },
      { maxBodyBytes: 10 },
    );
    const answer = await server.fetch("/", { method: "POST", body: "[1,2]" });
    expect(await answer.json()).toEqual({ method: "POST", got: [1, 2] });
    expect((await server.fetch("/", { method: "POST", body: `"${"x".repeat(20)}"` })).status).toBe(413);
    await expect(server.connect("/")).rejects.toMatchObject({ details: { status: 404 } });
  });

  test("lets an event answer a request that is kept, and speak to a socket", async () => {
    const server = serverOf((peer) => (peer.isWebSocket() ? peer.wait() : peer.keepOpen()), {
      groups: ["news"],
      events: {
        "news.item": (event: { text: string }, peer) =>
          peer.isWebSocket() ? peer.send(event.text) : peer.sendJson(200, event),
      },
    });
    const ann = await server.connect("/");
    const polled = server.fetch("/");
    await expect.poll(() => server.layer.stats().memberships).toBe(2);
    await server.layer.groupSend("news", { type: "news.item", text: "hot" });
    expect(await ann.nextFrame()).toBe("hot");
    expect(await (await polled).json()).toEqual({ text: "hot" });
  });

  test.each([
    ["answers nothing", () => undefined, "ended without an answer"],
    [
      "throws",
      () => {
        throw new Error("broken");
      },
      "handle() failed",
    ],
  ])("a function that %s is a 500 for a request, and in the log", async (_what, handler, message) => {
    const server = serverOf(handler);
    expect((await server.fetch("/")).status).toBe(500);
    expect(lines).toEqual([expect.stringContaining(message)]);
  });

  test("is one line for each protocol in a list of the routes", () => {
    const router = new URLRouter([path("/lower", acceptWebSocket(lowerCase))]);
    expect(listRoutes(new ProtocolTypeRouter({ http: router, websocket: router }))).toEqual([
      { protocol: "http", pattern: "/lower", target: "lowerCase" },
      { protocol: "websocket", pattern: "/lower", target: "lowerCase" },
    ]);
  });

  test("refuses a bound that is none", () => {
    const isInvalid = expect.toSatisfy((error: unknown) => SolentError.is(error, "CONFIG_INVALID"));
    expect(() => acceptWebSocket(lowerCase, { maxBodyBytes: -1 })).toThrow(isInvalid);
  });
});

describe("requireWebSocket", () => {
  test("answers a plain request with 426 and what to change to, and leaves longer paths to other routes", async () => {
    const echo = requireWebSocket((socket) => socket.wait());
    const router = new URLRouter([path("/echo", echo), path("/echo/more", acceptWebSocket(lowerCase))]);
    await using server = testServer(new ProtocolTypeRouter({ http: router, websocket: router }));
    const answer = await server.fetch("/echo");
    expect([answer.status, answer.headers.get("upgrade")]).toEqual([426, "websocket"]);
    expect(await answer.text()).toContain("here is a WebSocket");
    expect((await server.fetch("/echo/more?message=A")).status).toBe(200);
  });
});
