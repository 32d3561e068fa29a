import { allowOrigins, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer, type End } from "@solent/core";
import { serve } from "@solent/core/node";
import { expect, test } from "vitest";
import { Log } from "../support/log.ts";
import { connect, refused } from "../support/peer.ts";
import { gate, until } from "../support/turns.ts";
import { answerTo, frame, handshake, Wire, type Handshake } from "../support/wire.ts";
import { world } from "../support/world.ts";

let made = 0;

class Echo extends WebSocketConsumer {
  number = ++made;
  override receive(text: string) {
    this.send(text);
  }
}

const bad: readonly (readonly [what: string, request: Handshake, status: number])[] = [
  ["no Sec-WebSocket-Key", { headers: { "Sec-WebSocket-Key": undefined } }, 400],
  ["a Sec-WebSocket-Key that is too short", { headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } }, 400],
  ["a Sec-WebSocket-Key that is no base64", { headers: { "Sec-WebSocket-Key": "!HNhbXBsZSBub25jZQ====" } }, 400],
  [
    "two keys in one header",
    { headers: { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==" } },
    400,
  ],
  ["no Sec-WebSocket-Version", { headers: { "Sec-WebSocket-Version": undefined } }, 426],
  ["an old Sec-WebSocket-Version", { headers: { "Sec-WebSocket-Version": "8" } }, 426],
  ["a Sec-WebSocket-Version that is no number", { headers: { "Sec-WebSocket-Version": "13.0" } }, 426],
  ["an empty subprotocol", { headers: { "Sec-WebSocket-Protocol": "a,,b" } }, 400],
  ["a subprotocol twice", { headers: { "Sec-WebSocket-Protocol": "a, a" } }, 400],
  ["a subprotocol with a space in it", { headers: { "Sec-WebSocket-Protocol": "a b" } }, 400],
  ["an upgrade to something else", { headers: { Upgrade: "carrier-pigeon" } }, 400],
  ["the method POST", { method: "POST" }, 405],
  ["a path that is no UTF-8 once decoded", { path: "/%c3%28" }, 400],
  ["half a percent-encoding", { path: "/%2" }, 400],
  ["a percent-encoding that is no number", { path: "/%zz" }, 400],
  ["a NUL in the path", { path: "/a%00b" }, 400],
  ["an absolute address for a path", { path: "http://localhost/a" }, 400],
  ["a star for a path", { path: "*" }, 400],
  ["a space in the path", { path: "/a b" }, 400],
  ["characters beyond ASCII in the path", { path: "/caf\u00e9" }, 400],
  ["a header name with a space", { headers: { "X bad": "1" } }, 400],
  ["a header smuggled behind a bare carriage return", { headers: { "X-One": "1\rX-Two: 2" } }, 400],
  ["a header smuggled behind a bare line feed", { headers: { "X-One\n": "1" } }, 400],
  ["a header with a NUL", { headers: { "X-One": "a\0b" } }, 400],
  ["no Host", { headers: { Host: undefined } }, 400],
  ["two Hosts", { headers: { Host: "localhost\r\nHost: elsewhere" } }, 400],
  ["extensions that are no list", { headers: { "Sec-WebSocket-Extensions": "x; =1" } }, 400],
  ["headers over the limit", { headers: { "X-Large": "x".repeat(20_000) } }, 431],
];

test.each(bad)("a handshake with %s is refused before any consumer is made", async (_what, request, status) => {
  await using w = await world(Echo);
  const madeBefore = made;
  expect((await answerTo(w.port, request)).status).toBe(status);
  expect(made).toBe(madeBefore);
  await w.isUnharmed();
});

test("a handshake in HTTP/1.0 is refused before any consumer is made", async () => {
  await using w = await world(Echo);
  const madeBefore = made;
  await using wire = new Wire(w.port);
  wire.write(handshake().replace("HTTP/1.1", "HTTP/1.0"));
  expect((await wire.response()).status).toBe(400);
  expect(made).toBe(madeBefore);
  await w.isUnharmed();
});

test("a refusal for the version names the one that is spoken", async () => {
  await using w = await world(Echo);
  const { head } = await answerTo(w.port, { headers: { "Sec-WebSocket-Version": "7" } });
  expect(head.toLowerCase()).toContain("sec-websocket-version: 13");
});

test("bytes that are no HTTP are answered with 400", async () => {
  await using w = await world(Echo);
  await using wire = new Wire(w.port);
  wire.write("\x16\x03\x01 this is no HTTP\r\n\r\n");
  expect((await wire.response()).status).toBe(400);
  await w.isUnharmed();
});

test("a page of another site is refused with 403, and one of the same host is let in", async () => {
  await using w = await world(Echo);
  const madeBefore = made;
  expect((await refused(w.port, { origin: "https://evil.example" })).status).toBe(403);
  expect((await refused(w.port, { origin: "null" })).status).toBe(403);
  expect((await refused(w.port, { origin: `http://127.0.0.1:${w.port}.evil.example` })).status).toBe(403);
  expect(made).toBe(madeBefore);
  await using own = await w.connect({ origin: `http://127.0.0.1:${w.port}` });
  own.send("hi");
  expect(await own.text()).toBe("hi");
  await own.close();
  await w.isUnharmed();
});

test("allowOrigins takes the place of the server's own rule", async () => {
  const app = new ProtocolTypeRouter({
    websocket: allowOrigins("https://chat.example")(new URLRouter([path("/", Echo)])),
  });
  await using server = await serve(app, { port: 0, logger: new Log() });
  await using friend = await connect(server.port, { origin: "https://chat.example" });
  friend.send("hi");
  expect(await friend.text()).toBe("hi");
  expect((await refused(server.port, { origin: `http://127.0.0.1:${server.port}` })).status).toBe(403);
});

test("a path without a route gets 404, and the log lists the routes that were tried", async () => {
  const log = new Log();
  const inner = new URLRouter([path("/:room", Echo)]);
  const app = new ProtocolTypeRouter({
    websocket: new URLRouter([path("/rooms", inner), path("/direct/:user", Echo)]),
  });
  await using server = await serve(app, { port: 0, logger: log });
  const { status, body } = await refused(server.port, { path: "/nowhere?token=secret" });
  expect(status).toBe(404);
  expect(body).not.toContain("nowhere");
  const { level, message } = await log.line("No route matches");
  expect(level).toBe("warn");
  expect(message).toContain('"/nowhere"');
  expect(message).toContain("/rooms");
  expect(message).toContain("/direct/:user");
  expect(message).not.toContain("secret");
  await refused(server.port, { path: "/nowhere%0Aforged%20line" });
  expect(log.about("forged line")[0]?.message).not.toContain("\n");
});

test("an encoded slash is decoded in the path, and the path as it came is kept", async () => {
  class Paths extends WebSocketConsumer {
    override connect() {
      const admission = this.accept();
      const { path: decoded, rawPath, queryString } = this.scope;
      this.send(JSON.stringify([decoded, rawPath, queryString]));
      return admission;
    }
  }
  await using w = await world(Paths);
  await using peer = await w.connect({ path: "/a%2Fb%20%F0%9F%98%80?x=%2F&y" });
  expect(await peer.json()).toEqual(["/a/b \u{1F600}", "/a%2Fb%20%F0%9F%98%80", "x=%2F&y"]);
});

test("what a consumer denies with reaches the client: status, body and nothing else", async () => {
  class Closed extends WebSocketConsumer {
    override connect() {
      return this.deny(402, "pay first");
    }
  }
  await using w = await world(Closed);
  expect(await refused(w.port)).toMatchObject({ status: 402, body: "pay first" });
  await w.isUnharmed();
});

test("a connect that forgets to decide is denied with 403 and an explanation in the log", async () => {
  class Forgetful extends WebSocketConsumer {
    // @ts-expect-error -- what the compiler refuses, and plain JavaScript lets by
    override async connect() {}
  }
  await using w = await world(Forgetful);
  expect((await refused(w.port)).status).toBe(403);
  expect((await w.log.line("ended without a decision")).level).toBe("error");
  await w.isUnharmed();
});

test("a consumer may only agree on a subprotocol that the client offers", async () => {
  class Picky extends WebSocketConsumer {
    override connect() {
      return this.accept({ subprotocol: "v2" });
    }
  }
  await using w = await world(Picky);
  await using peer = await w.connect({ subprotocols: ["v1", "v2"] });
  expect(peer.socket.protocol).toBe("v2");
  await peer.close();
  expect((await refused(w.port, { subprotocols: ["v1"] })).status).toBe(500);
  expect((await refused(w.port)).status).toBe(500);
  expect(String(w.log.about("Picky.connect() failed")[0]?.fields["err"])).toContain("one the client offers");
  await w.isUnharmed();
});

test("headers that a consumer adds cannot break out of the answer", async () => {
  class Injecting extends WebSocketConsumer {
    override connect() {
      return this.accept({ headers: { "x-room": this.scope.queryString === "bad" ? "a\r\nx-evil: 1" : "red" } });
    }
  }
  await using w = await world(Injecting);
  await using peer = await w.connect({ path: "/x" });
  expect((await peer.opened).headers["x-room"]).toBe("red");
  const refusal = await refused(w.port, { path: "/x?bad" });
  expect(refusal.status).toBe(500);
  expect(refusal.headers["x-evil"]).toBeUndefined();
  await peer.close();
  await w.isUnharmed();
});

test("a client that sends half a request is answered with 408 and let go", async () => {
  await using w = await world(Echo, { limits: { handshakeTimeoutMs: 100 } });
  await using half = new Wire(w.port);
  await using silent = new Wire(w.port);
  half.write(handshake().slice(0, 60));
  expect((await half.response()).status).toBe(408);
  await silent.ended;
  await w.isUnharmed();
});

test("a connect that never settles is answered with 408, and told so through its signal", async () => {
  const aborted = gate<End>();
  const ended = gate<End>();
  class Stuck extends WebSocketConsumer {
    override async connect() {
      this.signal.addEventListener("abort", () => aborted.open(this.signal.reason as End));
      await aborted.passed;
      return this.deny();
    }
    override disconnect(end: End) {
      ended.open(end);
    }
  }
  await using w = await world(Stuck, { limits: { handshakeTimeoutMs: 50 } });
  expect((await refused(w.port)).status).toBe(408);
  expect(await aborted.passed).toMatchObject({ cause: "timeout" });
  expect(await ended.passed).toMatchObject({ cause: "timeout" });
  expect((await w.log.line("was not decided in time")).fields["path"]).toBe("/");
  await w.isUnharmed();
});

test.each(["fin", "reset"] as const)(
  "a client that leaves while connect looks something up is noticed at once (%s)",
  async (how) => {
    const entered = gate();
    const left = gate<End>();
    const ended = gate<End>();
    class Slow extends WebSocketConsumer {
      override async connect() {
        this.signal.addEventListener("abort", () => left.open(this.signal.reason as End));
        entered.open();
        await left.passed;
        return this.accept();
      }
      override disconnect(end: End) {
        ended.open(end);
      }
    }
    await using w = await world(Slow);
    await using wire = new Wire(w.port);
    wire.write(handshake());
    await entered.passed;
    if (how === "fin") wire.socket.end();
    else wire.socket.resetAndDestroy();
    expect(await left.passed).toMatchObject({ code: 1006, cause: "client" });
    expect(await ended.passed).toMatchObject({ cause: "client" });
    expect(w.log.about("failed")).toEqual([]);
    await w.isUnharmed();
  },
);

test("frames that a client sends before it is accepted are handled once it is", async () => {
  const decide = gate();
  class Slow extends WebSocketConsumer {
    override async connect() {
      await decide.passed;
      return this.accept();
    }
    override receive(text: string) {
      this.send(text);
    }
  }
  await using w = await world(Slow);
  await using wire = new Wire(w.port);
  wire.write(Buffer.concat([Buffer.from(handshake()), frame("one")]));
  wire.write(frame("two"));
  await until(() => w.counts().connections === 2);
  decide.open();
  expect((await wire.response()).status).toBe(101);
  const [first, second] = await wire.frames.take(2);
  expect([String(first?.payload), String(second?.payload)]).toEqual(["one", "two"]);
});
