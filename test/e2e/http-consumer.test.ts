import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import {
  type Added,
  type Answer,
  type Application,
  type End,
  HttpConsumer,
  InMemoryChannelLayer,
  mount,
  path,
  ProtocolTypeRouter,
  type RequestBody,
  signedSession,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { attach, serve, type ServeOptions, type SolentServer } from "@solent/core/node";
import express from "express";
import { Hono } from "hono";
import { testServer } from "@solent/core/testing";
import { describe, expect, test, vi } from "vitest";
import { Log } from "../support/log.ts";
import { connect } from "../support/peer.ts";
import { gate, until } from "../support/turns.ts";

const log = new Log();

async function serveRoutes(http: Application, options: ServeOptions = {}): Promise<SolentServer> {
  log.lines.length = 0;
  const layer = new InMemoryChannelLayer();
  return serve(new ProtocolTypeRouter({ http }), { port: 0, host: "127.0.0.1", layer, logger: log, ...options });
}

type HttpConsumerClass = new (...parameters: never) => HttpConsumer;

function serveOne(consumer: HttpConsumerClass, options: ServeOptions = {}): Promise<SolentServer> {
  // `path` looks at the class's own types; here it is any.
  return serveRoutes(new URLRouter([path("/", consumer as never)]) as unknown as Application, options);
}

const urlOf = (server: SolentServer, at = "/"): string => `http://127.0.0.1:${server.port}${at}`;

/** The answer to a request, as soon as its head is there. */
async function open(server: SolentServer, options: { method?: string; headers?: Record<string, string> } = {}) {
  const outgoing = httpRequest(urlOf(server), { agent: false, ...options });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  return { outgoing, answered };
}

async function* textsOf(incoming: IncomingMessage): AsyncGenerator<string> {
  incoming.setEncoding("utf8");
  for await (const piece of incoming) yield piece as string;
}

describe("the body of a request", () => {
  test("is read in pieces as they arrive, while the answer is written", async () => {
    class Upper extends HttpConsumer {
      override async handle(body: RequestBody) {
        this.sendHeaders({ headers: { "content-type": "text/plain" } });
        const decoder = new TextDecoder();
        for await (const piece of body)
          this.sendBody(decoder.decode(piece, { stream: true }).toUpperCase(), { moreBody: true });
        return this.sendBody("!");
      }
    }
    await using server = await serveOne(Upper);
    const { outgoing, answered } = await open(server, { method: "POST" });
    outgoing.write("one");
    const [incoming] = await answered;
    const texts = textsOf(incoming);
    expect((await texts.next()).value).toBe("ONE");
    outgoing.write("two");
    expect((await texts.next()).value).toBe("TWO");
    outgoing.end();
    expect((await texts.next()).value).toBe("!");
    expect((await texts.next()).done).toBe(true);
  });

  test("that nobody reads fills the client's own buffers and no more, and is whole when it is read", async () => {
    const reading = gate();
    class Slow extends HttpConsumer {
      static override readonly maxBodyBytes = 100_000_000;
      override async handle(body: RequestBody) {
        await reading.passed;
        let bytes = 0;
        for await (const piece of body) bytes += piece.length;
        return this.sendResponse(200, String(bytes));
      }
    }
    await using server = await serveOne(Slow);
    const { outgoing, answered } = await open(server, { method: "POST" });
    const piece = Buffer.alloc(1_000_000);
    let taken = 0;
    for (let i = 0; i < 50; i += 1) outgoing.write(piece, () => void (taken += 1));
    outgoing.end();
    let before = -1;
    // Until a while has brought nothing more.
    await expect
      .poll(
        () => {
          const isStill = taken === before;
          before = taken;
          return isStill;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(taken).toBeLessThan(25);
    reading.open();
    const [incoming] = await answered;
    expect((await textsOf(incoming).next()).value).toBe("50000000");
  });

  test.each([
    ["is larger than the class allows", { body: "x".repeat(101) }, 413, "larger than 100 bytes"],
    ["is no JSON", { body: "{" }, 400, "not JSON"],
    ["is no UTF-8", { body: new Uint8Array([0xff]) }, 400, "not UTF-8"],
  ] as const)("that %s is answered so, and nothing is logged", async (_what, init, status, sentence) => {
    class Json extends HttpConsumer {
      static override readonly maxBodyBytes = 100;
      override async handle(body: RequestBody) {
        return this.sendJson(200, await body.json());
      }
    }
    await using server = await serveOne(Json);
    const answer = await fetch(urlOf(server), { method: "POST", ...init });
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(sentence)]);
    expect(log.lines).toEqual([]);
    expect(await (await fetch(urlOf(server), { method: "POST", body: "[1]" })).json()).toEqual([1]);
  });

  test("that is not read is thrown away, and its connection serves the next request", async () => {
    class Deaf extends HttpConsumer {
      override handle() {
        return this.sendResponse(200, "no");
      }
    }
    await using server = await serveOne(Deaf);
    const socket = connectTcp(server.port, "127.0.0.1");
    socket.setEncoding("utf8");
    const body = "x".repeat(200_000);
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let text = "";
    for await (const piece of socket) text += piece;
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe("the answer", () => {
  test("has status, headers and a length, and none for HEAD or 204", async () => {
    class Plain extends HttpConsumer {
      override handle() {
        if (this.scope.method === "DELETE") return this.sendResponse(204);
        return this.sendResponse(201, "é", { "Content-Type": "text/x", "set-cookie": ["a=1", "b=2"] });
      }
    }
    await using server = await serveOne(Plain);
    const got = await fetch(urlOf(server));
    expect([got.status, await got.text()]).toEqual([201, "é"]);
    expect(Object.fromEntries(got.headers)).toMatchObject({ "content-type": "text/x", "content-length": "2" });
    expect(got.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const head = await fetch(urlOf(server), { method: "HEAD" });
    expect([head.headers.get("content-length"), await head.text()]).toEqual(["2", ""]);
    const none = await fetch(urlOf(server), { method: "DELETE" });
    expect([none.status, none.headers.get("content-length")]).toEqual([204, null]);
  });

  test("may be of any size at once, and is bounded where it is sent in pieces to a client that does not read", async () => {
    const big = "x".repeat(5_000_000);
    const ends: End[] = [];
    class Flood extends HttpConsumer {
      override async handle() {
        if (this.scope.queryString === "once") return this.sendResponse(200, big);
        this.sendHeaders();
        for (let i = 0; i < 100 && !this.signal.aborted; i += 1) {
          this.sendBody(big.slice(0, 500_000), { moreBody: true });
          if (this.scope.queryString === "patient") await this.drained();
          else await new Promise(setImmediate);
        }
        return this.sendBody("");
      }
      override disconnect(end: End) {
        ends.push(end);
      }
    }
    await using server = await serveOne(Flood);
    expect(await (await fetch(urlOf(server, "/?once"))).text()).toBe(big);
    expect((await (await fetch(urlOf(server, "/?patient"))).text()).length).toBe(50_000_000);
    const { outgoing, answered } = await open(server);
    outgoing.end();
    const [incoming] = await answered;
    incoming.on("error", () => {}).pause();
    await until(() => ends.length === 3);
    expect(ends.map(({ code, cause }) => [code, cause])).toEqual([
      [1000, "server"],
      [1000, "server"],
      [1013, "error"],
    ]);
  });

  test.each([
    ["throws before it has begun", 500, "Broken.handle() failed"],
    ["ends without one", 500, 'handle() of "Broken" ended without an answer'],
    ["gives a header that is none", 500, "Broken.handle() failed"],
  ])("of a handle that %s is a bare 500, and the log says why", async (what, status, line) => {
    class Broken extends HttpConsumer {
      override handle(): Answer {
        if (what.startsWith("throws")) throw new Error("secret");
        if (what.startsWith("gives")) return this.sendResponse(200, "", { "x\n": "y" });
        return undefined as unknown as Answer;
      }
    }
    await using server = await serveOne(Broken);
    const answer = await fetch(urlOf(server));
    expect([answer.status, await answer.text()]).toEqual([status, "500\n"]);
    expect(log.about(line)).toHaveLength(1);
  });

  test("that breaks off does not look whole", async () => {
    class Broken extends HttpConsumer {
      override async handle(): Promise<Answer> {
        this.sendHeaders();
        this.sendBody("half", { moreBody: true });
        await new Promise(setImmediate);
        throw new Error("no more");
      }
    }
    await using server = await serveOne(Broken);
    const answer = await fetch(urlOf(server));
    await expect(answer.text()).rejects.toThrow();
  });

  test("comes once: what follows is nothing, and headers twice are the consumer's mistake", async () => {
    const faults: unknown[] = [];
    class Twice extends HttpConsumer {
      override handle() {
        try {
          this.sendBody("too early");
        } catch (error) {
          faults.push((error as { code: string }).code);
        }
        this.sendHeaders();
        try {
          this.sendHeaders();
        } catch (error) {
          faults.push((error as { code: string }).code);
        }
        this.sendBody("one");
        this.sendBody("two");
        return this.sendResponse(404, "three");
      }
    }
    await using server = await serveOne(Twice);
    const answer = await fetch(urlOf(server));
    expect([answer.status, await answer.text()]).toEqual([200, "one"]);
    expect(faults).toEqual(["CONSUMER_STATE", "CONSUMER_STATE"]);
  });
});

/** Waits in a group: what the long poll of the articles does, and an event stream. */
class News extends HttpConsumer {
  static readonly ends: End[] = [];
  readonly #isPoll = this.scope.queryString.startsWith("poll");

  override async handle() {
    if (!this.#isPoll) this.startEvents();
    await this.group("news").join();
    const timeoutMs = Number(new URLSearchParams(this.scope.queryString).get("timeoutMs"));
    return this.keepOpen(timeoutMs > 0 ? { timeoutMs } : {});
  }

  news_item({ id, text }: { id: string; text: string }) {
    if (this.#isPoll) this.sendJson(200, { text });
    else this.sendEvent({ event: "item", id, data: `${this.lastEventId}${text}` });
  }

  override disconnect(end: End) {
    News.ends.push(end);
  }
}

describe("a consumer in a group", () => {
  test("answers a long poll at once when there is something, and with 204 after a while when there is not", async () => {
    await using layer = new InMemoryChannelLayer();
    await using server = await serveOne(News, { layer, closeLayers: false });
    const polls = [1, 2].map(() => fetch(urlOf(server, "/?poll")));
    await until(() => server.connectionCount === 2 && layer.stats().groups === 1);
    await layer.groupSend("news", { type: "news.item", id: "1", text: "hello" });
    for (const poll of polls) expect(await (await poll).json()).toEqual({ text: "hello" });
    await until(() => server.connectionCount === 0 && layer.stats().groups === 0);
    expect((await fetch(urlOf(server, "/?poll&timeoutMs=20"))).status).toBe(204);
  });

  test("streams events as a page reads them, with what it saw last, alive while nothing happens", async () => {
    await using layer = new InMemoryChannelLayer();
    await using server = await serveOne(News, { layer, limits: { heartbeatIntervalMs: 40, heartbeatTimeoutMs: 1000 } });
    const { outgoing, answered } = await open(server, { headers: { "last-event-id": "7 " } });
    outgoing.end();
    const [incoming] = await answered;
    expect(incoming.headers).toMatchObject({ "content-type": "text/event-stream; charset=utf-8" });
    const texts = textsOf(incoming);
    expect((await texts.next()).value).toBe(":\n\n");
    await until(() => layer.stats().groups === 1);
    await layer.groupSend("news", { type: "news.item", id: "8", text: "two\nlines" });
    let text = "";
    while (!text.includes("lines")) text += (await texts.next()).value;
    expect(text.replaceAll(":\n\n", "")).toBe("event: item\nid: 8\ndata: 7two\ndata: lines\n\n");
    News.ends.length = 0;
    outgoing.destroy();
    await until(() => News.ends.length === 1 && layer.stats().groups === 0);
    expect(News.ends).toMatchObject([{ code: 1006, cause: "client" }]);
  });

  test("hears events while handle runs, one at a time", async () => {
    const log: string[] = [];
    const [done, first] = [gate(), gate()];
    class Both extends HttpConsumer {
      override async handle() {
        await this.group("news").join();
        log.push("handle");
        await done.passed;
        return this.sendResponse(200, log.join());
      }
      async news_item({ text }: { text: string }) {
        log.push(`${text} begins`);
        if (text === "a") await first.passed;
        log.push(`${text} ends`);
        if (text === "b") done.open();
      }
    }
    await using layer = new InMemoryChannelLayer();
    await using server = await serveOne(Both, { layer });
    const answer = fetch(urlOf(server));
    await until(() => log.includes("handle"));
    for (const text of ["a", "b"]) await layer.groupSend("news", { type: "news.item", text });
    await until(() => log.includes("a begins"));
    first.open();
    expect(await (await answer).text()).toBe("handle,a begins,a ends,b begins,b ends");
  });
});

describe("a client that leaves", () => {
  test("is noticed at once while handle runs, and what waits on the signal is no failure", async () => {
    const noticed = gate();
    const ends: End[] = [];
    class Long extends HttpConsumer {
      override async handle() {
        this.sendHeaders();
        this.sendBody("begun", { moreBody: true });
        await new Promise((_resolve, reject) =>
          this.signal.addEventListener("abort", () => {
            noticed.open();
            reject(this.signal.reason as Error);
          }),
        );
        return this.sendBody("");
      }
      override disconnect(end: End) {
        ends.push(end);
      }
    }
    await using server = await serveOne(Long);
    const { outgoing, answered } = await open(server);
    outgoing.end();
    const [incoming] = await answered;
    await textsOf(incoming).next();
    outgoing.destroy();
    await noticed.passed;
    await until(() => ends.length === 1);
    expect(ends).toMatchObject([{ code: 1006, cause: "client" }]);
    expect(log.lines).toEqual([]);
    expect(server.connectionCount).toBe(0);
  });

  test("in the middle of its body ends the reading, and that is no failure", async () => {
    const ended = gate();
    class Reader extends HttpConsumer {
      override async handle(body: RequestBody) {
        return this.sendResponse(200, await body.text());
      }
      override disconnect() {
        ended.open();
      }
    }
    await using server = await serveOne(Reader);
    const { outgoing, answered } = await open(server, { method: "POST" });
    answered.catch(() => {});
    outgoing.write("half");
    await until(() => server.connectionCount === 1);
    outgoing.destroy();
    await ended.passed;
    await until(() => server.running().length === 0);
    expect(log.lines).toEqual([]);
  });
});

test("what a handler begins to say to a kept request goes on after the time that it was kept for", async () => {
  class Late extends HttpConsumer {
    override async handle() {
      await this.group("news").join();
      return this.keepOpen();
    }
    news_item({ text }: { text: string }) {
      this.sendEvent({ data: text });
    }
  }
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const app = new ProtocolTypeRouter({ http: new URLRouter([path("/", Late)]) });
    await using server = testServer(app);
    const [begun, silent] = [server.fetch("/"), server.fetch("/")];
    await server.idle();
    await server.layer.groupSend("news", { type: "news.item", text: "a" });
    const reader = (await begun).body!.getReader();
    const text = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toBe("data: a\n\n");
    await (await silent).body?.cancel();
    vi.advanceTimersByTime(31_000);
    await server.layer.groupSend("news", { type: "news.item", text: "b" });
    expect(await text()).toBe("data: b\n\n");
    await reader.cancel();
  } finally {
    vi.useRealTimers();
  }
});

test("what is said to a client that has left is nothing, and an event in another answer is the consumer's mistake", async () => {
  const faults: unknown[] = [];
  const [left, done] = [gate(), gate()];
  class Talk extends HttpConsumer {
    override async handle() {
      if (this.scope.queryString === "plain") {
        this.sendHeaders();
        for (const say of [() => this.startEvents(), () => this.sendEvent({ data: 1 })]) {
          try {
            say();
          } catch (error) {
            faults.push((error as { code: string }).code);
          }
        }
        return this.sendBody("plain");
      }
      this.signal.addEventListener("abort", () => left.open());
      await left.passed;
      this.sendEvent({ data: "nobody" });
      done.open();
      return this.sendResponse(200);
    }
  }
  await using server = await serveOne(Talk);
  expect(await (await fetch(urlOf(server, "/?plain"))).text()).toBe("plain");
  expect(faults).toEqual(["CONSUMER_STATE", "CONSUMER_STATE"]);
  const { outgoing, answered } = await open(server);
  answered.catch(() => {});
  outgoing.end();
  await until(() => server.running().length === 1);
  outgoing.destroy();
  await done.passed;
  await until(() => server.connectionCount === 0);
  expect(log.lines).toEqual([]);
});

test("600 requests that are answered, left in the middle, or left while they wait, leave nothing behind", async () => {
  let ended = 0;
  class Mixed extends HttpConsumer {
    override async handle() {
      await this.group("news").join();
      if (this.scope.queryString === "answered") return this.sendResponse(200, "done");
      if (this.scope.queryString === "kept") return this.keepOpen();
      return new Promise<never>((_resolve, reject) =>
        this.signal.addEventListener("abort", () => reject(this.signal.reason as Error)),
      );
    }
    override disconnect() {
      ended += 1;
    }
  }
  await using layer = new InMemoryChannelLayer();
  await using server = await serveOne(Mixed, { layer });
  const leaving = new AbortController();
  const asked = Array.from({ length: 600 }, (_, n) =>
    fetch(urlOf(server, `/?${["answered", "kept", "running"][n % 3]}`), { signal: leaving.signal }),
  );
  const answered = asked.filter((_, n) => n % 3 === 0).map(async (answer) => (await answer).text());
  expect(new Set(await Promise.all(answered))).toEqual(new Set(["done"]));
  await until(() => server.connectionCount === 400);
  leaving.abort();
  await Promise.allSettled(asked);
  await until(() => ended === 600 && server.running().length === 0);
  expect([server.connectionCount, layer.stats().groups, layer.stats().channels]).toEqual([0, 0, 0]);
  expect(log.lines).toEqual([]);
});

describe("a server that closes", () => {
  test("ends what waits or streams at once, and lets an answer that is under way come to its end", async () => {
    const going = gate();
    class Work extends HttpConsumer {
      override async handle() {
        await going.passed;
        return this.sendResponse(200, "done");
      }
    }
    const layer = new InMemoryChannelLayer();
    const routes = new URLRouter([path("/news", News), path("/work", Work)]);
    const server = await serveRoutes(routes, { layer });
    const [poll, stream, work] = ["/news?poll", "/news", "/work"].map((at) => fetch(urlOf(server, at)));
    await until(() => server.connectionCount === 3 && layer.stats().groups === 1);
    const closed = server.close();
    expect((await poll!).status).toBe(503);
    expect(await (await stream!).text()).toBe("");
    going.open();
    expect(await (await work!).text()).toBe("done");
    await closed;
  });

  test("waits no longer than it says for a handle that hangs", async () => {
    class Stuck extends HttpConsumer {
      override handle() {
        return new Promise<never>((_resolve, reject) =>
          this.signal.addEventListener("abort", () => reject(this.signal.reason as Error)),
        );
      }
    }
    const server = await serveOne(Stuck, { limits: { disconnectGraceMs: 50 } });
    const answer = fetch(urlOf(server));
    await until(() => server.connectionCount === 1);
    await server.close();
    expect((await answer).status).toBe(503);
  });
});

describe("beside other handlers", () => {
  class Page extends HttpConsumer {
    override handle() {
      return this.sendResponse(200, `consumer ${this.params["name"] ?? ""}`);
    }
  }

  test("Hono and Express are mounted on routes of their own", async () => {
    const hono = new Hono().get("/hono/:name", (c) => c.text(`hono ${c.req.param("name")}`));
    const app = express();
    app.post("/express/sum", express.json(), (req, res) => void res.json({ sum: (req.body as number[]).length }));
    await using server = await serveRoutes(
      new URLRouter([
        path("/page/:name", Page),
        path("/hono/:rest*", mount(hono)),
        path("/express/:rest*", mount(app)),
      ]),
    );
    expect(await (await fetch(urlOf(server, "/page/ann"))).text()).toBe("consumer ann");
    expect(await (await fetch(urlOf(server, "/hono/ben"))).text()).toBe("hono ben");
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "[1,2]" };
    expect(await (await fetch(urlOf(server, "/express/sum"), init)).json()).toEqual({ sum: 2 });
    expect((await fetch(urlOf(server, "/nowhere"))).status).toBe(404);
    expect(server.connectionCount).toBe(0);
  });

  test("attach answers the routes it has, and leaves the rest to the HTTP server", async () => {
    const http = createServer((_request, response) => response.end("the server's own"));
    await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
    const routes = new URLRouter([path("/page/:name", Page)]);
    const solent = await attach(http, new ProtocolTypeRouter({ http: routes }), { logger: log });
    const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const texts = () => Promise.all(["/page/ann", "/other"].map(async (at) => (await fetch(`${base}${at}`)).text()));
    expect(await texts()).toEqual(["consumer ann", "the server's own"]);
    await solent.close();
    expect(await texts()).toEqual(["the server's own", "the server's own"]);
    http.closeAllConnections();
    await new Promise<void>((resolve) => void http.close(() => resolve()));
  });

  test("one path serves a page over HTTP and a WebSocket", async () => {
    class Echo extends WebSocketConsumer {
      override receive(text: string) {
        this.send(text);
      }
    }
    const app = new ProtocolTypeRouter({
      http: new URLRouter([path("/both", Page)]),
      websocket: new URLRouter([path("/both", Echo)]),
    });
    await using server = await serve(app, { port: 0, host: "127.0.0.1", logger: log });
    expect(await (await fetch(urlOf(server, "/both"))).text()).toBe("consumer ");
    await using peer = await connect(server.port, { path: "/both" });
    peer.send("hi");
    expect(await peer.text()).toBe("hi");
  });

  test("a form of a foreign page is refused, and so is a consumer under the wrong protocol", async () => {
    class Echo extends WebSocketConsumer {}
    await using server = await serveRoutes(new URLRouter([path("/page/:name", Page), path("/echo", Echo)]));
    const init = { method: "POST", headers: { origin: "http://evil.example" } };
    expect((await fetch(urlOf(server, "/page/ann"), init)).status).toBe(403);
    expect((await fetch(urlOf(server, "/page/%ff"))).status).toBe(400);
    expect((await fetch(urlOf(server, "/echo"))).status).toBe(500);
    expect(log.lines.map(({ fields }) => String(fields["err"])).join()).toContain("it answers no HTTP requests");
  });

  test("a session in front of a route is a session for its requests", async () => {
    const session = signedSession({ secret: "0123456789abcdef0123456789abcdef", load: (id) => ({ name: id }) });
    class Name extends HttpConsumer.needs<Added<typeof session>>() {
      override handle() {
        return this.sendResponse(200, this.scope.user.name);
      }
    }
    await using server = await serveRoutes(session(new URLRouter([path("/name", Name)])));
    expect((await fetch(urlOf(server, "/name"))).status).toBe(401);
    const [cookie = ""] = (await session.issue("ann")).split(";");
    expect(await (await fetch(urlOf(server, "/name"), { headers: { cookie } })).text()).toBe("ann");
  });

  test("a class without handle is refused where it is routed", () => {
    // @ts-expect-error: what JavaScript could write
    class Nothing extends HttpConsumer.needs<object>() {}
    expect(() => path("/", Nothing)).toThrow("it has no method handle(body)");
  });
});
