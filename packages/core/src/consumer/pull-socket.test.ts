import { describe, expect, onTestFinished, test } from "vitest";
import type { Application } from "../connection/application.ts";
import type { EnvironmentOptions } from "../connection/environment.ts";
import { deferred } from "../internal/deferred.ts";
import { allowOrigins } from "../middleware/allow-origins.ts";
import { rateLimit } from "../middleware/rate-limit.ts";
import { path } from "../routing/route.ts";
import { requireWebSocket } from "../routing/require-web-socket.ts";
import { URLRouter } from "../routing/url-router.ts";
import { testServer, type TestServer } from "../testing/test-server.ts";
import type { FunctionOptions, PullSocket } from "./pull-socket.ts";
import { StopConsumer } from "./stop-consumer.ts";

interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A server that runs a function on `/`, and what it logs. */
function serverOf(
  handler: (socket: PullSocket) => unknown,
  more: FunctionOptions<PullSocket> & EnvironmentOptions & { around?: (app: Application) => Application } = {},
): { server: TestServer; lines: Line[] } {
  const { events = {}, groups = [], around = (app) => app, ...options } = more;
  const lines: Line[] = [];
  const log = (fields: Line["fields"], message: string) => void lines.push({ fields, message });
  const app = new URLRouter([path("/", around(requireWebSocket(handler, { events, groups })))]);
  const server = testServer(app, { logger: { info: log, warn: log, error: log }, ...options });
  onTestFinished(() => server.close());
  return { server, lines };
}

/** Time enough for whatever happens of itself to have happened. */
async function turns(): Promise<void> {
  for (let left = 10; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

async function echo(socket: PullSocket): Promise<void> {
  for await (const message of socket) socket.send(message);
}

describe("what dwebsocket does", () => {
  test("wait() gives exactly one message, and not before there is one", async () => {
    const asked = deferred<void>();
    const { server } = serverOf(async (socket) => {
      const waited = socket.wait();
      asked.resolve();
      socket.send(JSON.stringify([await waited, socket.countMessages()]));
    });
    const ann = await server.connect("/");
    await asked.promise;
    expect(ann.pending).toBe(0);
    ann.sendFrame("one");
    ann.sendFrame("two");
    expect(await ann.nextFrame()).toBe('["one",1]');
  });

  test("wait() gives nothing when the client closes the connection", async () => {
    const got = deferred<unknown>();
    const { server } = serverOf(async (socket) => got.resolve(await socket.wait()));
    const ann = await server.connect("/");
    ann.close();
    expect(await got.promise).toBeUndefined();
  });

  test("read() gives a message that is there and never waits for one", async () => {
    const { server } = serverOf(async (socket) => {
      socket.send(JSON.stringify([socket.read()]));
      await socket.wait();
      socket.send(JSON.stringify([socket.read(), socket.read(), socket.read()]));
    });
    const ann = await server.connect("/");
    for (const text of ["one", "two", "three"]) ann.sendFrame(text);
    expect(await ann.nextFrame()).toBe("[null]");
    expect(await ann.nextFrame()).toBe('["two","three",null]');
  });

  test("countMessages() and hasMessages() tell what waits", async () => {
    const { server } = serverOf(async (socket) => {
      const seen: unknown[] = [socket.countMessages(), socket.hasMessages()];
      await socket.wait();
      while (socket.hasMessages()) {
        seen.push(socket.countMessages());
        socket.read();
      }
      seen.push(socket.countMessages());
      socket.send(JSON.stringify(seen));
    });
    const ann = await server.connect("/");
    for (const text of ["first", "a", "b", "c"]) ann.sendFrame(text);
    expect(await ann.nextFrame()).toBe("[0,false,3,2,1,0]");
  });

  test("iteration gives every message, and stops when the client has closed the connection", async () => {
    const ended = deferred<string[]>();
    const { server } = serverOf(async (socket) => {
      const heard: string[] = [];
      for await (const message of socket) heard.push(String(message));
      ended.resolve(heard);
    });
    const ann = await server.connect("/");
    for (const text of ["a", "", "b"]) ann.sendFrame(text);
    ann.close();
    expect(await ended.promise).toEqual(["a", "", "b"]);
  });

  test("send() sends one message, text or bytes", async () => {
    const { server } = serverOf(echo);
    const ann = await server.connect("/");
    ann.sendFrame("text");
    ann.sendFrame(new Uint8Array([1, 2]));
    expect([await ann.nextFrame(), await ann.nextFrame()]).toEqual(["text", new Uint8Array([1, 2])]);
  });

  test("isWebSocket() says that it is one", async () => {
    const { server } = serverOf((socket) => socket.send(String(socket.isWebSocket())));
    expect(await (await server.connect("/")).nextFrame()).toBe("true");
  });

  test("a handler that returns closes the connection, after what it sent", async () => {
    const { server } = serverOf(async (socket) => socket.send((await socket.wait()) ?? ""));
    const ann = await server.connect("/");
    ann.sendFrame("once");
    expect(await ann.nextFrame()).toBe("once");
    expect(await ann.closed()).toEqual({ code: 1000, reason: "" });
  });
});

describe("accepting", () => {
  test("happens before anything arrives, whichever call comes first", async () => {
    const firsts: ((socket: PullSocket) => unknown)[] = [
      (socket) => socket.wait(),
      (socket) => socket.read(),
      (socket) => socket.send("hello"),
      (socket) => socket[Symbol.asyncIterator]().next(),
      (socket) => socket.accept({ headers: { "x-mood": "good" } }),
    ];
    for (const first of firsts) {
      const { server } = serverOf(async (socket) => {
        await Promise.resolve();
        expect(socket.connection.state).toBe("connecting");
        void first(socket);
        expect(socket.connection.state).toBe("open");
        await new Promise((resolve) => socket.signal.addEventListener("abort", resolve));
      });
      const ann = await server.connect("/");
      ann.close();
    }
  });

  test("may choose headers and a subprotocol", async () => {
    const { server } = serverOf(async (socket) => {
      socket.accept({ subprotocol: "v2", headers: { "x-mood": "good" } });
      await socket.wait();
    });
    const ann = await server.connect("/", { subprotocols: ["v2"] });
    expect([ann.subprotocol, ann.headers["x-mood"]]).toEqual(["v2", "good"]);
  });

  test("twice is refused", async () => {
    const { server, lines } = serverOf(async (socket) => {
      socket.send("first");
      socket.accept();
    });
    const ann = await server.connect("/");
    expect((await ann.closed()).code).toBe(4500);
    expect(String(lines[0]?.fields["err"])).toContain(`"accept()" cannot be called while the connection is open`);
  });

  test("a handler that denies is heard with status and body, and may go on", async () => {
    const waited = deferred<unknown>();
    const { server, lines } = serverOf(async (socket) => {
      await Promise.resolve();
      socket.deny(401, "who are you?");
      socket.send("nobody hears this");
      waited.resolve(await socket.wait());
    });
    await expect(server.connect("/")).rejects.toMatchObject({ details: { status: 401, body: "who are you?" } });
    expect(await waited.promise).toBeUndefined();
    expect(lines).toEqual([]);
  });

  test.each([
    ["returns", () => {}],
    ["resolves", async () => Promise.resolve()],
    ["only asks whether there are messages", (socket: PullSocket) => socket.hasMessages()],
  ])("a handler that %s without using the connection is denied, and the log says why", async (_how, handler) => {
    const { server, lines } = serverOf(handler);
    await expect(server.connect("/")).rejects.toMatchObject({ details: { status: 403 } });
    expect(lines[0]?.message).toContain("Wait for a message, send one, or call socket.accept() or socket.deny(status)");
  });

  test("a handler that fails before it decides is refused with 500, and logged whole", async () => {
    const failure = new Error("no database");
    const { server, lines } = serverOf(async () => {
      await Promise.resolve();
      throw failure;
    });
    await expect(server.connect("/")).rejects.toMatchObject({ details: { status: 500 } });
    expect(lines.map(({ fields }) => [fields["err"], fields["handler"]])).toEqual([[failure, "handle"]]);
  });

  test("no event lets anybody in before the handler has decided", async () => {
    const asked = deferred<void>();
    const answer = deferred<boolean>();
    const { server } = serverOf(
      async (socket) => {
        asked.resolve();
        if (!(await answer.promise)) socket.deny(403);
        await socket.wait();
      },
      { groups: ["room"], events: { "chat.message": (event, socket) => socket.send(event.text) } },
    );
    const ann = server.connect("/");
    await asked.promise;
    await server.layer.groupSend("room", { type: "chat.message", text: "secret" });
    await turns();
    answer.resolve(false);
    await expect(ann).rejects.toMatchObject({ details: { status: 403 } });
  });
});

describe("the end", () => {
  test("a handler that throws is closed with 4500 and logged whole, whatever onError would keep", async () => {
    const failure = new Error("broken");
    const onError = () => "keep" as const;
    const { server, lines } = serverOf(
      async function orders(socket) {
        await socket.wait();
        throw failure;
      },
      { onError },
    );
    const ann = await server.connect("/");
    ann.sendFrame("go");
    expect((await ann.closed()).code).toBe(4500);
    expect(lines).toEqual([
      { fields: expect.objectContaining({ err: failure, consumer: "orders" }), message: "orders.handle() failed" },
    ]);
  });

  test("a function that throws outright is closed with 4500 too", async () => {
    const { server } = serverOf((socket) => {
      socket.accept();
      throw new Error("broken");
    });
    expect((await (await server.connect("/")).closed()).code).toBe(4500);
  });

  test("StopConsumer ends it cleanly", async () => {
    const { server, lines } = serverOf(async (socket) => {
      await socket.wait();
      throw new StopConsumer();
    });
    const ann = await server.connect("/");
    ann.sendFrame("go");
    expect((await ann.closed()).code).toBe(1000);
    expect(lines).toEqual([]);
  });

  test("what had arrived is still read when the client has gone, and the signal tells at once", async () => {
    const go = deferred<void>();
    const heard = deferred<unknown[]>();
    const { server } = serverOf(async (socket) => {
      socket.accept();
      await go.promise;
      heard.resolve([
        socket.signal.aborted,
        socket.countMessages(),
        await socket.wait(),
        socket.read(),
        await socket.wait(),
        await socket.wait(),
        socket.read(),
      ]);
    });
    const ann = await server.connect("/");
    for (const text of ["a", "b", "c"]) ann.sendFrame(text);
    ann.vanish();
    go.resolve();
    expect(await heard.promise).toEqual([true, 3, "a", "b", "c", undefined, undefined]);
  });

  test("nothing follows close(), which tells code and reason", async () => {
    const after = deferred<unknown>();
    const { server } = serverOf(async (socket) => {
      await socket.wait();
      socket.close(4001, "enough");
      after.resolve([socket.countMessages(), await socket.wait()]);
    });
    const ann = await server.connect("/");
    for (const text of ["a", "b"]) ann.sendFrame(text);
    expect(await ann.closed()).toEqual({ code: 4001, reason: "enough" });
    expect(await after.promise).toEqual([0, undefined]);
  });

  test("what a handler still does after its connection is waited for, and its failure logged", async () => {
    const go = deferred<void>();
    const saved: string[] = [];
    const { server, lines } = serverOf(async (socket) => {
      socket.send("bye");
      socket.close();
      await go.promise;
      saved.push("all");
      throw new Error("too late");
    });
    await (await server.connect("/")).closed();
    let isClosed = false;
    const closing = server.close().then(() => (isClosed = true));
    await turns();
    expect(isClosed).toBe(false);
    go.resolve();
    await closing;
    expect(saved).toEqual(["all"]);
    expect(lines.map(({ message }) => message)).toEqual([expect.stringMatching(/\.handle\(\) failed$/)]);
  });

  test("a stopping server wakes a handler that waits, and waits for what it does then", async () => {
    const steps: unknown[] = [];
    const { server } = serverOf(async (socket) => {
      steps.push(await socket.wait());
      await Promise.resolve();
      steps.push("tidied up");
    });
    const ann = await server.connect("/");
    await server.close();
    expect(steps).toEqual([undefined, "tidied up"]);
    expect((await ann.closed()).code).toBe(1001);
  });

  test("a peer that leaves before it is decided about wakes the handler", async () => {
    const asked = deferred<void>();
    const ended = deferred<unknown>();
    const { server, lines } = serverOf(async (socket) => {
      asked.resolve();
      await new Promise((resolve) => socket.signal.addEventListener("abort", resolve));
      ended.resolve(await socket.wait());
    });
    const connecting = server.connect("/");
    await asked.promise;
    await server.close();
    await expect(connecting).rejects.toMatchObject({ details: { status: 503 } });
    expect(await ended.promise).toBeUndefined();
    expect(lines).toEqual([]);
  });
});

describe("waiting", () => {
  test("several at a time get a message each, in their order", async () => {
    const { server } = serverOf(async (socket) => {
      const got = await Promise.all([socket.wait(), socket.wait(), socket.wait()]);
      socket.send(got.join(" "));
    });
    const ann = await server.connect("/");
    for (const text of ["a", "b", "c"]) ann.sendFrame(text);
    expect(await ann.nextFrame()).toBe("a b c");
  });

  test("too many at a time are refused, and the others are served", async () => {
    const { server } = serverOf(async (socket) => {
      const waits = Array.from({ length: 16 }, () => socket.wait());
      const refused = await socket.wait().catch(String);
      socket.send(refused ?? "");
      socket.send((await Promise.all(waits)).join(""));
    });
    const ann = await server.connect("/");
    expect(await ann.nextFrame()).toContain(`"wait()" cannot be called while the connection is waited for by 16 calls`);
    for (let n = 0; n < 16; n++) ann.sendFrame(n.toString(16));
    expect(await ann.nextFrame()).toBe("0123456789abcdef");
  });

  test("for the peer is no work: idle() does not wait for it, and no handler is said to run", async () => {
    const { server } = serverOf(echo);
    const ann = await server.connect("/");
    await server.idle();
    ann.sendFrame("a");
    await server.idle();
    expect(ann.pending).toBe(1);
  });

  test("for anything else is work: idle() waits for it", async () => {
    const go = deferred<void>();
    const { server } = serverOf(async (socket) => {
      for await (const message of socket) {
        await go.promise;
        socket.send(message);
      }
    });
    const ann = await server.connect("/");
    ann.sendFrame("a");
    let isIdle = false;
    const idle = server.idle().then(() => (isIdle = true));
    await turns();
    expect(isIdle).toBe(false);
    go.resolve();
    await idle;
    expect(ann.pending).toBe(1);
  });

  test("a loop that is left keeps the connection, and another takes up where it stopped", async () => {
    const { server } = serverOf(async (socket) => {
      for await (const message of socket) if (message === "hello") break;
      socket.send("and now?");
      await echo(socket);
    });
    const ann = await server.connect("/");
    for (const text of ["hm", "hello", "a"]) ann.sendFrame(text);
    expect([await ann.nextFrame(), await ann.nextFrame()]).toEqual(["and now?", "a"]);
  });
});

describe("bounds", () => {
  test.each([
    ["messages", { maxQueuedFrames: 8 }, "x", 8],
    ["bytes, as many as one message may have", { maxFrameBytes: 100 }, "x".repeat(25), 4],
  ])(
    "a handler that does not read is full at so many %s, and reads all of it later",
    async (_what, limits, text, most) => {
      const go = deferred<void>();
      const counts: number[] = [];
      const { server } = serverOf(
        async (socket) => {
          socket.accept();
          await go.promise;
          counts.push(socket.countMessages());
          for await (const message of socket) {
            counts.push(socket.countMessages());
            socket.send(message);
          }
        },
        { limits },
      );
      const ann = await server.connect("/");
      for (let n = 0; n < 100; n++) ann.sendFrame(`${text}${n}`.slice(-text.length));
      go.resolve();
      for (let n = 0; n < 100; n++) expect(await ann.nextFrame()).toBe(`${text}${n}`.slice(-text.length));
      expect(counts[0]).toBe(most);
      expect(Math.max(...counts)).toBe(most);
      // It is read again when half of them are taken, and not when the last one is.
      expect(Math.min(...counts.slice(0, 80))).toBeGreaterThan(most / 2);
    },
  );

  test("rateLimit holds before a message is queued", async () => {
    const { server } = serverOf(echo, { around: rateLimit({ messages: 3, perMs: 60_000 }) });
    const ann = await server.connect("/");
    for (let n = 0; n < 4; n++) ann.sendFrame(`${n}`);
    expect((await ann.closed()).code).toBe(4429);
  });

  test("allowOrigins refuses before the function runs", async () => {
    const { server } = serverOf(echo, { around: allowOrigins(["https://example.com"]) });
    const foreign = server.connect("/", { headers: { origin: "https://evil.example" } });
    await expect(foreign).rejects.toMatchObject({ details: { status: 403 } });
  });
});

describe("events", () => {
  const speak = { "chat.message": (event: { text: string }, socket: PullSocket) => socket.send(event.text) };

  test("call their functions beside a handler that waits, one at a time and in order", async () => {
    const steps: string[] = [];
    const { server } = serverOf(echo, {
      groups: ["room"],
      events: {
        "chat.message": async (event, socket, meta) => {
          steps.push(`begin ${event.text} of ${meta.group}`);
          await new Promise((resolve) => setImmediate(resolve));
          steps.push(`end ${event.text}`);
          socket.send(event.text);
        },
      },
    });
    const ann = await server.connect("/");
    for (const text of ["1", "2"]) await server.layer.groupSend("room", { type: "chat.message", text });
    expect([await ann.nextFrame(), await ann.nextFrame()]).toEqual(["1", "2"]);
    expect(steps).toEqual(["begin 1 of room", "end 1", "begin 2 of room", "end 2"]);
  });

  test("reach a handler that joins a group itself, and its channel name", async () => {
    const { server } = serverOf(
      async (socket) => {
        await socket.group("late").join();
        socket.send(socket.channelName);
        await socket.group("late").send("chat.message", { text: "to the group" });
        await echo(socket);
      },
      { events: speak },
    );
    const ann = await server.connect("/");
    const name = (await ann.nextFrame()) as string;
    expect(await ann.nextFrame()).toBe("to the group");
    await server.layer.send(name, { type: "chat.message", text: "to it alone" });
    expect(await ann.nextFrame()).toBe("to it alone");
  });

  test("without a function are counted and logged once, and the connection stays", async () => {
    const { server, lines } = serverOf(echo, { groups: ["room"], events: speak });
    const ann = await server.connect("/");
    for (let n = 0; n < 3; n++) await server.layer.groupSend("room", { type: "chat.other" });
    ann.sendFrame("still here");
    expect(await ann.nextFrame()).toBe("still here");
    expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining('an event "chat.other"')]);
  });

  test("whose function fails close the connection with 4500, and the handler hears of it", async () => {
    const ended = deferred<unknown>();
    const { server } = serverOf(async (socket) => ended.resolve(await socket.wait()), {
      groups: ["room"],
      events: {
        "chat.message": () => {
          throw new Error("broken");
        },
      },
    });
    const ann = await server.connect("/");
    await server.layer.groupSend("room", { type: "chat.message" });
    expect((await ann.closed()).code).toBe(4500);
    expect(await ended.promise).toBeUndefined();
  });

  test("groups are left when the connection ends", async () => {
    const { server } = serverOf(echo, { groups: ["room"], events: speak });
    const ann = await server.connect("/");
    expect(server.layer.stats().memberships).toBe(1);
    ann.close();
    await server.idle();
    expect(server.layer.stats()).toMatchObject({ memberships: 0, channels: 0 });
  });
});
