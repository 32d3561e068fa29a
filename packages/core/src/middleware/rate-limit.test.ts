import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Log } from "../../../../test/support/log.ts";
import { connect, type Peer } from "../../../../test/support/peer.ts";
import type { Application } from "../connection/application.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { serve, type SolentServer } from "../server/serve.ts";
import { middleware } from "./middleware.ts";
import { rateLimit, type RateLimitOptions } from "./rate-limit.ts";

class Echo extends WebSocketConsumer {
  override receive(text: string) {
    this.send(text);
  }
  override receiveBinary(bytes: Uint8Array) {
    this.send(`${bytes.length} bytes`);
  }
}

const echo = new URLRouter([path("/", Echo)]);

class World implements AsyncDisposable {
  readonly log: Log;
  readonly server: SolentServer;
  readonly overflows: unknown[] = [];
  readonly #note = (fact: unknown): void => void this.overflows.push(fact);

  constructor(log: Log, server: SolentServer) {
    this.log = log;
    this.server = server;
    subscribe("solent:overflow", this.#note);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe("solent:overflow", this.#note);
    await this.server.close();
  }
}

async function world(app: Application<object>): Promise<World> {
  const log = new Log();
  return new World(
    log,
    await serve(new ProtocolTypeRouter({ websocket: app }), { port: 0, host: "127.0.0.1", logger: log }),
  );
}

// The clock that buckets read stands still, and moves by hand.
function freezeClock(): (ms: number) => void {
  let nowMs = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  return (ms) => {
    nowMs += ms;
  };
}

/** Sends frames and tells which were answered. */
async function answers(peer: Peer, ...frames: (string | Uint8Array)[]): Promise<(string | Buffer)[]> {
  for (const frame of frames) peer.send(frame);
  // After the first pong everything is read; what was answered leaves at the end of that turn, before the second pong.
  await peer.synced();
  await peer.synced();
  const heard: (string | Buffer)[] = [];
  while (peer.heard.size > 0) heard.push(await peer.heard.next());
  return heard;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("rateLimit", () => {
  test("closes with 4429 when a client sends more than it may", async () => {
    freezeClock();
    await using server = await world(rateLimit({ messages: 3 })(echo));
    await using peer = await connect(server.server.port);
    for (const text of ["1", "2", "3", "4", "5"]) peer.send(text);
    expect([await peer.text(), await peer.text(), await peer.text()]).toEqual(["1", "2", "3"]);
    expect(await peer.end).toEqual({ code: 4429, reason: "rate limited" });
    expect(server.overflows).toEqual([{ id: expect.any(String), what: "rate", action: "disconnect" }]);
    expect(server.log.lines.map(({ level, message }) => [level, message])).toEqual([
      ["warn", "a client sends more than its rate limit allows"],
    ]);
  });

  test("gives back what time allows, and never more than the burst", async () => {
    const pass = freezeClock();
    await using server = await world(rateLimit({ messages: 2, perMs: 1_000, burst: 3, onExceed: "drop" })(echo));
    await using peer = await connect(server.server.port);
    expect(await answers(peer, "1", "2", "3", "4")).toEqual(["1", "2", "3"]);
    pass(499);
    expect(await answers(peer, "5")).toEqual([]);
    pass(1);
    expect(await answers(peer, "6", "7")).toEqual(["6"]);
    pass(3_600_000);
    expect(await answers(peer, "a", "b", "c", "d")).toEqual(["a", "b", "c"]);
  });

  test("may drop instead, counts every loss and logs the first", async () => {
    freezeClock();
    await using server = await world(rateLimit({ messages: 1, onExceed: "drop" })(echo));
    await using peer = await connect(server.server.port);
    expect(await answers(peer, "1", "2", "3")).toEqual(["1"]);
    expect(server.overflows).toEqual([
      { id: expect.any(String), what: "rate", action: "drop" },
      { id: expect.any(String), what: "rate", action: "drop" },
    ]);
    expect(server.log.lines).toHaveLength(1);
  });

  test("leaves every other connection alone", async () => {
    freezeClock();
    await using server = await world(rateLimit({ messages: 2 })(echo));
    await using loud = await connect(server.server.port);
    await using quiet = await connect(server.server.port);
    for (const text of ["1", "2", "3"]) loud.send(text);
    expect((await loud.end).code).toBe(4429);
    expect(await answers(quiet, "1", "2")).toEqual(["1", "2"]);
  });

  test("counts bytes as they stand in the frame", async () => {
    const pass = freezeClock();
    await using server = await world(rateLimit({ bytes: 10, onExceed: "drop" })(echo));
    await using peer = await connect(server.server.port);
    for (const text of ["0123456789", "ééééé", "€€€a", "💬💬é"]) {
      expect(await answers(peer, text, "!")).toEqual([text]);
      pass(1_000);
    }
    expect(await answers(peer, Buffer.alloc(10), "!")).toEqual(["10 bytes"]);
    pass(1_000);
    for (const text of ["0123456789a", "éééééa", "€€€aa", "💬💬éa", Buffer.alloc(11)]) {
      expect(await answers(peer, text)).toEqual([]);
    }
  });

  test("takes both limits at once", async () => {
    freezeClock();
    await using server = await world(rateLimit({ messages: 3, bytes: 4, onExceed: "drop" })(echo));
    await using peer = await connect(server.server.port);
    expect(await answers(peer, "aa", "bbb", "cc", "d")).toEqual(["aa", "cc"]);
  });

  test("does not hold for a route that takes the connection after all", async () => {
    freezeClock();
    const lost = { handle: () => Promise.reject(new SolentError("ROUTE_NOT_FOUND", { path: "/", tried: "none" })) };
    const lostAtOnce: Application = {
      handle: () => {
        throw new SolentError("ROUTE_NOT_FOUND", { path: "/", tried: "none" });
      },
    };
    const routes = [lost, lostAtOnce].map((inner) => path("/:any*", rateLimit({ messages: 1 })(inner)));
    await using server = await world(new URLRouter([...routes, path("/:any", Echo)]));
    await using peer = await connect(server.server.port, { path: "/x" });
    expect(await answers(peer, "1", "2")).toEqual(["1", "2"]);
  });

  test("holds behind middleware that takes its time", async () => {
    freezeClock();
    const slow = middleware(async (_scope, _link, next) => {
      await Promise.resolve();
      await next({});
    });
    await using server = await world(slow(rateLimit({ messages: 1, onExceed: "drop" })(slow(echo))));
    await using peer = await connect(server.server.port);
    expect(await answers(peer, "1", "2")).toEqual(["1"]);
  });

  test.each<[RateLimitOptions, string]>([
    [{}, 'The option "messages" is undefined: give messages, bytes or both.'],
    [{ messages: 0 }, 'The option "messages" is 0: it is a whole number of at least 1.'],
    [{ messages: 1.5 }, 'The option "messages" is 1.5: it is a whole number of at least 1.'],
    [{ messages: Number.NaN }, 'The option "messages" is NaN: it is a whole number of at least 1.'],
    [{ bytes: -1 }, 'The option "bytes" is -1: it is a whole number of at least 1.'],
    [{ messages: 1, perMs: 0 }, 'The option "perMs" is 0: it is a whole number of at least 1.'],
    [{ messages: 1, perMs: Infinity }, 'The option "perMs" is Infinity: it is a whole number of at least 1.'],
    [{ messages: 5, burst: 0 }, 'The option "burst" is 0: it is a whole number of at least 1.'],
    [{ messages: 5, burst: Infinity }, 'The option "burst" is Infinity: it is a whole number of at least 1.'],
    [{ bytes: 5, burst: 5 }, 'The option "burst" is 5: it belongs to messages, which is not given.'],
    [{ messages: 1, onExceed: "kick" as "drop" }, 'The option "onExceed" is "kick": it is one of close, drop.'],
  ])("refuses %j", (options, message) => {
    expect(() => rateLimit(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message }));
  });
});
