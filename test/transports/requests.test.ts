import { request as httpRequest } from "node:http";
import { connect as tcpConnect } from "node:net";
import {
  allowOrigins,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { serve, type ServeOptions } from "@solent/core/node";
import { describe, expect, test } from "vitest";
import { closeCodeOf, readFrame, type WireFrame } from "../support/wire.ts";
import { HttpClient } from "./http-client.ts";

/** Says what it hears, and how it ended. */
const ends: string[] = [];
class Echo extends WebSocketConsumer {
  override connect() {
    return this.accept();
  }
  override receive(text: string) {
    this.send(text === "query" ? this.scope.queryString : text);
  }
  override receiveBinary(bytes: Uint8Array) {
    this.send(bytes);
  }
  override disconnect({ code, cause }: { code: number; cause: string }) {
    ends.push(`${code} ${cause}`);
  }
}

async function world(options: ServeOptions = {}) {
  ends.length = 0;
  const layer = new InMemoryChannelLayer();
  const routes = new URLRouter([
    path("/echo", Echo),
    path("/open", allowOrigins("https://partner.example")(new URLRouter([path("", Echo)]))),
  ]);
  const app = new ProtocolTypeRouter({
    http: (_: unknown, response: { end(text: string): void }) => response.end("the app's own"),
    websocket: routes,
  });
  const server = await serve(app, { port: 0, layer, ...options });
  const url = `http://127.0.0.1:${server.port}/echo`;
  const post = (op: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}?~solent=${op}`, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { server, url, post, [Symbol.asyncDispose]: () => server.close() };
}

const ways = ["sse", "stream", "poll"] as const;

describe("a request of a connection over HTTP", () => {
  test.each([
    ["is no JSON", "send", "{"],
    ["has no id", "send", { n: 1, frames: [] }],
    ["has an id that is no text", "send", { id: 7, n: 1, frames: [] }],
    ["has a number that is none", "send", { id: "x", n: -1, frames: [] }],
    ["has frames that are no list", "send", { id: "x", n: 1, frames: "x" }],
    ["has a frame that is a number", "send", { id: "x", n: 1, frames: [1] }],
    ["has bytes that are no base64", "send", { id: "x", n: 1, frames: [{ binary: "?" }] }],
    ["has frames without a number", "send", { id: "x", frames: ["a"] }],
    ["closes with a code that a page may not use", "send", { id: "x", n: 0, close: { code: 1002 } }],
    [
      "closes with a reason that is too long",
      "send",
      { id: "x", n: 0, close: { code: 1000, reason: "x".repeat(124) } },
    ],
    ["polls without saying what it has", "poll", { id: "x" }],
    ["does not say clearly whether it waits", "poll", { id: "x", after: 1, hold: "no" }],
  ])("that %s is answered 400", async (_, op, body) => {
    await using here = await world();
    expect((await here.post(op, body)).status).toBe(400);
  });

  test("with another method, or for something that is not there, is answered 405 and 404", async () => {
    await using here = await world({ transports: ["websocket", "poll"] });
    const status = async (op: string, method: string) => (await fetch(`${here.url}?~solent=${op}`, { method })).status;
    expect([await status("poll", "DELETE"), await status("send", "GET")]).toEqual([405, 405]);
    await using all = await world();
    const posted = await Promise.all(["sse", "stream"].map((op) => all.post(op, { id: "x" })));
    expect(posted.map(({ status, headers }) => [status, headers.get("allow")])).toEqual([
      [405, "GET"],
      [405, "GET"],
    ]);
    for (const op of ["sse", "stream", "other", "", "constructor"]) expect(await status(op, "GET")).toBe(404);
    expect(await (await fetch(here.url)).text()).toBe("the app's own");
  });
});

describe.each(ways)("over %s, a request of a connection", (transport) => {
  test("of a connection that never was, or has ended, is answered 410", async () => {
    await using here = await world();
    expect((await here.post("send", { id: "nobody", n: 1, frames: ["a"] })).status).toBe(410);
    expect((await here.post("poll", { id: "nobody.specific.none!1", after: 1 })).status).toBe(410);
    await using stream = await HttpClient.open(here.url, { transport });
    expect((await here.post("send", { id: stream.id, n: 0, close: { code: 1000 } })).status).toBe(204);
    expect((await here.post("send", { id: stream.id, n: 1, frames: ["a"] })).status).toBe(410);
    expect(ends).toEqual(["1000 client"]);
  });

  test("is taken once, and in order", async () => {
    await using here = await world();
    await using stream = await HttpClient.open(here.url, { transport });
    const { id } = stream;
    expect((await here.post("send", { id, n: 2, frames: ["too early"] })).status).toBe(409);
    expect((await here.post("send", { id, n: 1, frames: ["a", "b"] })).status).toBe(204);
    expect((await here.post("send", { id, n: 1, frames: ["again"] })).status).toBe(204);
    expect((await here.post("send", { id, n: 2, frames: ["c"] })).status).toBe(204);
    expect(await stream.heard.take(3)).toEqual(["a", "b", "c"]);
  });

  test("carries texts of any form and bytes, and the application sees its own query alone", async () => {
    await using here = await world();
    await using stream = await HttpClient.open(here.url.replace("echo", "echo?a=1&b=2"), { transport });
    const frames = ["one\r\ntwo\n", "\u2028 and \ud83c\udf0a", { binary: "AAEC/w==" }, "", "query"];
    expect((await here.post("send", { id: stream.id, n: 1, frames })).status).toBe(204);
    expect(await stream.heard.take(5)).toEqual([frames[0], frames[1], Buffer.of(0, 1, 2, 255), "", "a=1&b=2"]);
  });

  test("that is too large is answered 413, and the connection goes on", async () => {
    await using here = await world({ limits: { maxFrameBytes: 100 } });
    await using stream = await HttpClient.open(here.url, { transport });
    const { id } = stream;
    expect((await here.post("send", { id, n: 1, frames: ["x".repeat(101)] })).status).toBe(413);
    expect((await here.post("send", { id, n: 1, frames: ["x".repeat(200_000)] })).status).toBe(413);
    expect((await here.post("send", { id, n: 1, frames: ["fits"] })).status).toBe(204);
    expect(await stream.heard.take(1)).toEqual(["fits"]);
  });
});

describe.each(ways)("over %s, a page of another origin", (transport) => {
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

  test("opens nothing, whether it says who it is or hides it", async () => {
    await using here = await world();
    for (const headers of [foreign, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      expect(await statusOf(`${here.url}?~solent=${transport}`, headers)).toBe(403);
    }
    expect(here.server.connectionCount).toBe(0);
  });

  test("that has stolen the name of a connection can do nothing with it", async () => {
    await using here = await world();
    await using stream = await HttpClient.open(here.url, { transport });
    const { id } = stream;
    const send = { id, n: 1, frames: ["stolen"], close: { code: 1000 } };
    expect((await here.post("send", send, foreign)).status).toBe(403);
    expect((await here.post("send", { id, n: 1, frames: ["own"] })).status).toBe(204);
    expect(await stream.heard.take(1)).toEqual(["own"]);
  });

  test("that is allowed may read what it is answered, with the user's cookies", async () => {
    await using here = await world();
    const origin = "https://partner.example";
    const url = here.url.replace("echo", "open");
    await using stream = await HttpClient.open(url, { transport, headers: { origin, "sec-fetch-site": "cross-site" } });
    expect(stream.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      vary: "origin",
    });
    const body = { id: stream.id, n: 1, frames: ["a"] };
    const answer = await here.post("send", body, { origin });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    expect((await here.post("send", body, { origin: "https://other.example" })).status).toBe(403);
  });
});

describe("a connection", () => {
  test("has its limit of connections in common with all others", async () => {
    await using here = await world({ limits: { maxConnections: 1 } });
    await using stream = await HttpClient.open(here.url);
    for (const way of ways) expect(await statusOf(`${here.url}?~solent=${way}`, {})).toBe(503);
    expect(stream.id).not.toBe("");
  });

  test("over long polls is lost when nobody polls any more", async () => {
    await using here = await world({ limits: { heartbeatTimeoutMs: 50 } });
    expect(await (await fetch(`${here.url}?~solent=poll`)).text()).toContain("event: open");
    await expect.poll(() => ends).toEqual(["1006 timeout"]);
    expect(here.server.connectionCount).toBe(0);
  });

  test("over polls that do not wait is told at once what there is, also nothing", async () => {
    await using here = await world({ limits: { heartbeatTimeoutMs: 60_000 } });
    const first = await (await fetch(`${here.url}?~solent=poll`)).text();
    const id = /"id":"([^"]+)"/.exec(first)?.[1];
    const poll = async (after: number): Promise<string> => (await here.post("poll", { id, after, hold: false })).text();
    expect(await poll(1)).toBe("event: batch\ndata: 2\n\n");
    expect((await here.post("send", { id, n: 1, frames: ["hello"] })).status).toBe(204);
    expect(await poll(2)).toBe("event: batch\ndata: 3\n\ndata: hello\n\n");
    expect(await poll(2)).toBe("event: batch\ndata: 3\n\ndata: hello\n\n");
  });

  test("over long polls has one poll at a time: the newer one takes the place of the older", async () => {
    await using here = await world();
    const first = await (await fetch(`${here.url}?~solent=poll`)).text();
    const id = /"id":"([^"]+)"/.exec(first)?.[1];
    const older = here.post("poll", { id, after: 1 });
    await expect.poll(() => here.server.connectionCount).toBe(1);
    const newer = here.post("poll", { id, after: 1 });
    expect([(await Promise.race([older, newer])).status]).toEqual([409]);
    expect((await here.post("send", { id, n: 1, frames: ["hello"] })).status).toBe(204);
    const answers = await Promise.all([older, newer].map(async (answer) => (await answer).text()));
    expect(answers.filter((text) => text.includes("data: hello"))).toHaveLength(1);
    expect((await here.post("poll", { id, after: 7 })).status).toBe(409);
  });

  test.each(["sse", "stream"] as const)(
    "over %s whose page vanishes without a word ends with 1006",
    async (transport) => {
      await using here = await world();
      const stream = await HttpClient.open(here.url, { transport });
      stream.destroy();
      await expect.poll(() => ends).toEqual(["1006 error"]);
    },
  );

  test("that is cut in the middle of a slow upload is not harmed", async () => {
    await using here = await world();
    await using stream = await HttpClient.open(here.url);
    const socket = tcpConnect(here.server.port, "127.0.0.1");
    const head = `POST /echo?~solent=send HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"id":"${stream.id}","n":1`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.destroy();
    expect((await here.post("send", { id: stream.id, n: 1, frames: ["whole"] })).status).toBe(204);
    expect(await stream.heard.take(1)).toEqual(["whole"]);
  });
});

describe("a stream of frames", () => {
  test("is what a WebSocket server writes, after what makes a proxy hand it on", async () => {
    await using here = await world({ limits: { heartbeatIntervalMs: 40 } });
    const answer = await fetch(`${here.url}?~solent=stream`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    const frames = framesOf(answer);
    let padding = 0;
    let first = await next(frames);
    for (; first.opcode === 0xa; first = await next(frames)) padding += first.payload.length;
    expect(padding).toBeGreaterThanOrEqual(2_000);
    const { id } = JSON.parse(first.payload.toString()) as { id: string };
    expect((await here.post("send", { id, n: 1, frames: ["a\nb", { binary: "AAEC/w==" }] })).status).toBe(204);
    const heard: [number, string][] = [];
    while (heard.length < 2) {
      const { opcode, payload } = await next(frames);
      if (opcode !== 9) heard.push([opcode, payload.toString("latin1")]);
    }
    expect(heard).toEqual([
      [1, "a\nb"],
      [2, "\0\x01\x02\xff"],
    ]);
    expect((await next(frames)).opcode).toBe(9);
    const closing = here.server.close();
    let last = await next(frames);
    while (last.opcode !== 8) last = await next(frames);
    expect([closeCodeOf(last), last.payload.toString("utf8", 2)]).toEqual([1001, "going away"]);
    expect((await frames.next()).done).toBe(true);
    await closing;
  });
});

describe("a denied connection", () => {
  test.each([
    ["sse", "text/event-stream; charset=utf-8", 'event: close\ndata: {"code":4404,"reason":"no route"}\n\n'],
    ["poll", "text/event-stream; charset=utf-8", 'event: close\ndata: {"code":4404,"reason":"no route"}\n\n'],
    ["stream", "application/octet-stream", "\x88\x0a\x11\x34no route"],
  ])("over %s is told its close code where the server is to do so, else its status", async (way, type, body) => {
    const ask = async (denials: "status" | "closeCode"): Promise<[number, string | null, string]> => {
      await using here = await world({ denials });
      const answer = await fetch(`${here.url}/nowhere?~solent=${way}`);
      const text = Buffer.from(await answer.arrayBuffer()).toString("latin1");
      return [answer.status, answer.headers.get("content-type"), text];
    };
    expect(await ask("closeCode")).toEqual([200, type, body]);
    expect(await ask("status")).toEqual([404, "text/plain; charset=utf-8", "404\n"]);
  });
});

/** The frames of an answer, byte for byte. */
async function* framesOf({ body }: Response): AsyncGenerator<WireFrame, undefined> {
  let rest = Buffer.alloc(0);
  for await (const piece of body ?? []) {
    rest = Buffer.concat([rest, piece]);
    for (let whole = readFrame(rest); whole !== undefined; whole = readFrame(rest)) {
      rest = rest.subarray(whole.size);
      yield whole.frame;
    }
  }
  return undefined;
}

async function next(frames: AsyncGenerator<WireFrame, undefined>): Promise<WireFrame> {
  const { value } = await frames.next();
  if (value === undefined) throw new Error("the answer has ended");
  return value;
}

/** `fetch` sends no header that only browsers may. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on("error", reject).end();
  });
}
