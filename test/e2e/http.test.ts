import { request } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve, type FetchHandler, type NodeListener, type ServeOptions, type SolentServer } from "@solent/core/node";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { Log } from "../support/log.ts";
import { connect } from "../support/peer.ts";
import { gate, turn, until } from "../support/turns.ts";
import { Wire } from "../support/wire.ts";

class Echo extends WebSocketConsumer {
  override receive(text: string) {
    this.send(text);
  }
}

const websocket = new URLRouter([path("/echo", Echo)]);
const local = { port: 0, host: "127.0.0.1" } satisfies ServeOptions;
const log = new Log();

function serveHttp(http: NodeListener | FetchHandler, options: ServeOptions = {}): Promise<SolentServer> {
  return serveApp(new ProtocolTypeRouter({ http, websocket }), options);
}

function serveApp(app: ProtocolTypeRouter, options: ServeOptions = {}): Promise<SolentServer> {
  log.lines.length = 0;
  return serve(app, { ...local, logger: log, ...options });
}

/** A page and a form over HTTP, and a WebSocket, all on one port. */
async function servesBoth(server: SolentServer): Promise<void> {
  const origin = `http://127.0.0.1:${server.port}`;
  expect(await (await fetch(`${origin}/hello/ann?x=1`)).text()).toBe("hello ann 1");
  const posted = await fetch(`${origin}/sum`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ numbers: [1, 2, 3] }),
  });
  expect(await posted.json()).toEqual({ sum: 6 });
  expect((await fetch(`${origin}/nowhere`)).status).toBe(404);
  await using peer = await connect(server.port, { path: "/echo" });
  peer.send("and a socket");
  expect(await peer.text()).toBe("and a socket");
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

describe("one port for a framework's pages and Solent's sockets", () => {
  test("Express", async () => {
    const app = express();
    app.use(express.json());
    app.get("/hello/:name", (req, res) => {
      const { x } = req.query as { x: string };
      res.send(`hello ${req.params.name} ${x}`);
    });
    app.post("/sum", (req, res) => void res.json({ sum: sumOf((req.body as { numbers: number[] }).numbers) }));
    await using server = await serveApp(new ProtocolTypeRouter({ http: app, websocket }));
    await servesBoth(server);
  });

  test("Fastify", async () => {
    const app = fastify();
    app.get<{ Params: { name: string }; Querystring: { x: string } }>("/hello/:name", async (req) => {
      return `hello ${req.params.name} ${req.query.x}`;
    });
    app.post<{ Body: { numbers: number[] } }>("/sum", async (req) => ({ sum: sumOf(req.body.numbers) }));
    await app.ready();
    await using server = await serveApp(
      new ProtocolTypeRouter({ http: (req, res) => app.routing(req, res), websocket }),
    );
    await servesBoth(server);
    await app.close();
  });

  const hono = (): Hono => {
    const app = new Hono();
    app.get("/hello/:name", (c) => c.text(`hello ${c.req.param("name")} ${c.req.query("x") ?? ""}`));
    app.post("/sum", async (c) => c.json({ sum: sumOf((await c.req.json<{ numbers: number[] }>()).numbers) }));
    return app;
  };

  test("Hono, through its fetch", async () => {
    await using server = await serveApp(new ProtocolTypeRouter({ http: hono(), websocket }));
    await servesBoth(server);
  });

  test("Hono, through its adaptor for Node", async () => {
    await using server = await serveApp(new ProtocolTypeRouter({ http: getRequestListener(hono().fetch), websocket }));
    await servesBoth(server);
  });

  test("a function of request and response", async () => {
    await using server = await serveHttp((_request, response) => response.end("plain"));
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("plain");
  });
});

test("without an HTTP application a plain request gets 426 and is told what to speak", async () => {
  await using server = await serve(new ProtocolTypeRouter({ websocket }), local);
  const answer = await fetch(`http://127.0.0.1:${server.port}/echo`);
  expect(answer.status).toBe(426);
  expect(answer.headers.get("upgrade")).toBe("websocket");
  expect(await answer.text()).toContain("WebSocket");
});

test("an HTTP handler that fails is answered with a bare 500 and logged whole, and the server goes on", async () => {
  await using server = await serveHttp(async () => {
    throw new Error("secret detail");
  });
  const answer = await fetch(`http://127.0.0.1:${server.port}/page`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("secret");
  expect(String((await log.line("an HTTP handler failed")).fields["err"])).toContain("secret detail");
  await using peer = await connect(server.port, { path: "/echo" });
  peer.send("hi");
  expect(await peer.text()).toBe("hi");
});

describe("a fetch handler", () => {
  test("streams: what it writes arrives while it still writes", async () => {
    const more = gate();
    const encoder = new TextEncoder();
    await using server = await serveHttp({
      fetch: () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(encoder.encode("first "));
              await more.passed;
              controller.enqueue(encoder.encode("second"));
              controller.close();
            },
          }),
          { headers: { "content-type": "text/plain" } },
        ),
    });
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    expect(decoder.decode((await reader.read()).value)).toBe("first ");
    more.open();
    expect(decoder.decode((await reader.read()).value)).toBe("second");
    expect((await reader.read()).done).toBe(true);
  });

  test("reads a request's body as it streams in", async () => {
    await using server = await serveHttp({
      fetch: async (incoming: Request) => new Response(String((await incoming.arrayBuffer()).byteLength)),
    });
    const body = new Uint8Array(3_000_000);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`, { method: "PUT", body })).text()).toBe("3000000");
  });

  test("sets several cookies, a status and headers, and answers HEAD without a body", async () => {
    await using server = await serveHttp({
      fetch: () => {
        const headers = new Headers({ "x-one": "1" });
        headers.append("set-cookie", "a=1; Path=/");
        headers.append("set-cookie", "b=2, 3");
        return new Response("body", { status: 201, headers });
      },
    });
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method });
      expect(answer.status).toBe(201);
      expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2, 3"]);
      expect(answer.headers.get("x-one")).toBe("1");
      expect(await answer.text()).toBe(method === "HEAD" ? "" : "body");
    }
  });

  test("is told through its signal when the client leaves, and that is no failure", async () => {
    const entered = gate();
    const left = gate();
    await using server = await serveHttp({
      fetch: async (incoming: Request) => {
        entered.open();
        await new Promise((_, reject) => {
          incoming.signal.addEventListener("abort", () => {
            left.open();
            reject(new Error("aborted"));
          });
        });
        return new Response();
      },
    });
    const asking = request({ port: server.port, host: "127.0.0.1", path: "/" }).on("error", () => {});
    asking.end();
    await entered.passed;
    asking.destroy();
    await left.passed;
    await server.close();
    expect(log.lines).toEqual([]);
  });

  test("stops streaming when the client leaves", async () => {
    const cancelled = gate();
    await using server = await serveHttp({
      fetch: () =>
        new Response(
          new ReadableStream({
            async pull(controller) {
              await turn();
              controller.enqueue(new Uint8Array(1_000));
            },
            cancel: () => cancelled.open(),
          }),
        ),
    });
    const leaving = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { signal: leaving.signal });
    expect(answer.status).toBe(200);
    leaving.abort();
    await cancelled.passed;
    expect(log.lines).toEqual([]);
  });

  test("that fails while it streams cuts the answer off, so that nobody takes the half for the whole", async () => {
    await using server = await serveHttp({
      fetch: () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new Uint8Array(10));
            },
            pull(controller) {
              controller.error(new Error("broken stream"));
            },
          }),
        ),
    });
    const answer = fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.arrayBuffer());
    await expect(answer).rejects.toThrow();
    await log.line("an HTTP handler failed");
  });

  test("sees the host the client asked for, whatever the target looks like", async () => {
    await using server = await serveHttp({ fetch: (incoming: Request) => new Response(incoming.url) });
    const target = "//evil.example/path?x=%2F";
    const url = await new Promise<string>((resolve) => {
      request(
        { port: server.port, host: "127.0.0.1", path: target, headers: { host: "good.example:8000" } },
        (answer) => {
          let text = "";
          answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
          answer.on("end", () => resolve(text));
        },
      ).end();
    });
    expect(url).toBe(`http://good.example:8000${target}`);
  });

  test.each([
    ["a Host that is no host", "GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n"],
    ["an absolute target that is no address", "GET http://[bad HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a method that fetch forbids", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ])("is not troubled with %s, which gets 400", async (_what, text) => {
    await using server = await serveHttp({ fetch: () => new Response("reached") });
    await using wire = new Wire(server.port);
    wire.write(text);
    expect((await wire.response()).status).toBe(400);
    expect(log.lines).toEqual([]);
  });
});

test("a request that is being answered when the server stops is answered to its end", async () => {
  const entered = gate();
  const go = gate();
  const server = await serveHttp({
    fetch: async () => {
      entered.open();
      await go.passed;
      return new Response("to its end");
    },
  });
  const answer = fetch(`http://127.0.0.1:${server.port}/`).then((response) => response.text());
  await entered.passed;
  const closing = server.close();
  await until(() => !server.http.listening);
  go.open();
  expect(await answer).toBe("to its end");
  await closing;
});

test("a request that never ends delays a stopping server by no more than the grace", async () => {
  const entered = gate();
  const server = await serveHttp(() => entered.open(), { limits: { disconnectGraceMs: 50 } });
  const answer = fetch(`http://127.0.0.1:${server.port}/`).catch((error: unknown) => error);
  await entered.passed;
  await server.close();
  expect(await answer).toBeInstanceOf(Error);
});
