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
import { EventStream } from "./event-stream.ts";

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
  ])("that %s is answered 400", async (_, op, body) => {
    await using here = await world();
    expect((await here.post(op, body)).status).toBe(400);
  });

  test("of a connection that never was, or has ended, is answered 410", async () => {
    await using here = await world();
    expect((await here.post("send", { id: "nobody", n: 1, frames: ["a"] })).status).toBe(410);
    expect((await here.post("poll", { id: "nobody.specific.none!1", after: 1 })).status).toBe(410);
    await using stream = await EventStream.open(here.url);
    expect((await here.post("send", { id: stream.id, n: 0, close: { code: 1000 } })).status).toBe(204);
    expect((await here.post("send", { id: stream.id, n: 1, frames: ["a"] })).status).toBe(410);
    expect(ends).toEqual(["1000 client"]);
  });

  test("is taken once, and in order", async () => {
    await using here = await world();
    await using stream = await EventStream.open(here.url);
    const { id } = stream;
    expect((await here.post("send", { id, n: 2, frames: ["too early"] })).status).toBe(409);
    expect((await here.post("send", { id, n: 1, frames: ["a", "b"] })).status).toBe(204);
    expect((await here.post("send", { id, n: 1, frames: ["again"] })).status).toBe(204);
    expect((await here.post("send", { id, n: 2, frames: ["c"] })).status).toBe(204);
    expect(await stream.messages(3)).toEqual(["a", "b", "c"]);
  });

  test("carries texts of any form and bytes, and the application sees its own query alone", async () => {
    await using here = await world();
    await using stream = await EventStream.open(here.url.replace("echo", "echo?a=1&b=2"));
    const frames = ["one\r\ntwo\n", "\u2028 and \ud83c\udf0a", { binary: "AAEC/w==" }, "", "query"];
    expect((await here.post("send", { id: stream.id, n: 1, frames })).status).toBe(204);
    expect(await stream.messages(5)).toEqual([frames[0], frames[1], "bytes AAEC/w==", "", "a=1&b=2"]);
  });

  test("that is too large is answered 413, and the connection goes on", async () => {
    await using here = await world({ limits: { maxFrameBytes: 100 } });
    await using stream = await EventStream.open(here.url);
    const { id } = stream;
    expect((await here.post("send", { id, n: 1, frames: ["x".repeat(101)] })).status).toBe(413);
    expect((await here.post("send", { id, n: 1, frames: ["x".repeat(200_000)] })).status).toBe(413);
    expect((await here.post("send", { id, n: 1, frames: ["fits"] })).status).toBe(204);
    expect(await stream.messages(1)).toEqual(["fits"]);
  });

  test("with another method, or for something that is not there, is answered 405 and 404", async () => {
    await using here = await world({ transports: ["websocket", "poll"] });
    const status = async (op: string, method: string) => (await fetch(`${here.url}?~solent=${op}`, { method })).status;
    expect([await status("poll", "DELETE"), await status("send", "GET")]).toEqual([405, 405]);
    expect([await status("sse", "GET"), await status("other", "GET"), await status("", "GET")]).toEqual([
      404, 404, 404,
    ]);
    expect(await (await fetch(here.url)).text()).toBe("the app's own");
  });
});

describe("a page of another origin", () => {
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

  test("opens nothing, whether it says who it is or hides it", async () => {
    await using here = await world();
    for (const headers of [foreign, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      for (const op of ["sse", "poll"]) {
        expect(await statusOf(`${here.url}?~solent=${op}`, headers)).toBe(403);
      }
    }
    expect(here.server.connectionCount).toBe(0);
  });

  test("that has stolen the name of a connection can do nothing with it", async () => {
    await using here = await world();
    await using stream = await EventStream.open(here.url);
    const { id } = stream;
    const send = { id, n: 1, frames: ["stolen"], close: { code: 1000 } };
    expect((await here.post("send", send, foreign)).status).toBe(403);
    expect((await here.post("send", { id, n: 1, frames: ["own"] })).status).toBe(204);
    expect(await stream.messages(1)).toEqual(["own"]);
  });

  test("that is allowed may read what it is answered, with the user's cookies", async () => {
    await using here = await world();
    const origin = "https://partner.example";
    const url = here.url.replace("echo", "open");
    await using stream = await EventStream.open(url, { origin, "sec-fetch-site": "cross-site" });
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
    await using stream = await EventStream.open(here.url);
    expect(await statusOf(`${here.url}?~solent=poll`, {})).toBe(503);
    expect(stream.id).not.toBe("");
  });

  test("over long polls is lost when nobody polls any more", async () => {
    await using here = await world({ limits: { heartbeatTimeoutMs: 50 } });
    expect(await (await fetch(`${here.url}?~solent=poll`)).text()).toContain("event: open");
    await expect.poll(() => ends).toEqual(["1006 timeout"]);
    expect(here.server.connectionCount).toBe(0);
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

  test("whose page vanishes without a word ends with 1006", async () => {
    await using here = await world();
    const stream = await EventStream.open(here.url);
    stream.destroy();
    await expect.poll(() => ends).toEqual(["1006 error"]);
  });

  test("that is cut in the middle of a slow upload is not harmed", async () => {
    await using here = await world();
    await using stream = await EventStream.open(here.url);
    const socket = tcpConnect(here.server.port, "127.0.0.1");
    const head = `POST /echo?~solent=send HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"id":"${stream.id}","n":1`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.destroy();
    expect((await here.post("send", { id: stream.id, n: 1, frames: ["whole"] })).status).toBe(204);
    expect(await stream.messages(1)).toEqual(["whole"]);
  });
});

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
