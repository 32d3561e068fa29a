import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { TestedApplication } from "./test-server.ts";
import { applicationOf } from "../runner/application-of.ts";
import type { AnyConsumerClass } from "../consumer/consumer-class.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import type { End } from "../connection/link.ts";
import { HttpConsumer } from "../consumer/http-consumer.ts";
import type { RequestBody } from "../consumer/request-body.ts";
import { contract } from "../contract/contract.ts";
import type { EventOf, Received } from "../contract/infer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { deferred } from "../internal/deferred.ts";
import { mount } from "../routing/mount.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { testServer } from "./test-server.ts";

const line = z.object({ from: z.string(), text: z.string().max(20) });
const chat = contract({
  toServer: { say: line, ask: { data: z.object({ question: z.string() }), reply: z.string() } },
  toClient: { said: line },
  events: { "chat.message": line },
});

class Room extends WebSocketConsumer.of(chat) {
  room = this.group(`room.${this.scope.queryString}`);

  override async connect() {
    await this.room.join();
    return this.accept();
  }

  override async receive(frame: Received<typeof chat>) {
    if (frame.type === "ask") frame.reply(frame.data.question.toUpperCase());
    else await this.room.send("chat.message", frame.data);
  }

  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}

class Guarded extends WebSocketConsumer {
  override connect() {
    return this.scope.headers["authorization"] === "ann"
      ? this.accept({ subprotocol: "v2" })
      : this.deny(401, "who are you?");
  }

  override receive(text: string) {
    this.send(text.toUpperCase());
  }
}

const app = (consumerClass: unknown, parts: Partial<TestedApplication> = {}): TestedApplication => ({
  ...applicationOf(consumerClass as AnyConsumerClass),
  ...parts,
});

describe("testServer", () => {
  test("everyone in a room hears a message, and nobody outside it does", async () => {
    await using server = testServer(app(Room));
    const ann = await server.connect(chat, "/?red");
    const ben = await server.connect(chat, "/?red");
    const eve = await server.connect(chat, "/?blue");

    ann.send("say", { from: "ann", text: "hello" });

    for (const member of [ann, ben]) {
      expect(await member.next()).toEqual({ type: "said", data: { from: "ann", text: "hello" } });
    }
    await server.idle();
    expect(eve.pending).toBe(0);
  });

  test("a client without a contract speaks frames, and sees how it was accepted", async () => {
    await using server = testServer(app(Guarded));
    const ann = await server.connect("/", { headers: { authorization: "ann" }, subprotocols: ["v1", "v2"] });
    ann.sendFrame("hello");
    expect(await ann.nextFrame()).toBe("HELLO");
    expect(ann.subprotocol).toBe("v2");
  });

  test("a refusal rejects with its status and body", async () => {
    await using server = testServer(app(Guarded));
    const refusal: unknown = await server.connect("/").catch((error: unknown) => error);
    expect(SolentError.is(refusal, "CONNECTION_DENIED")).toBe(true);
    expect((refusal as SolentError).details).toEqual({ status: 401, body: "who are you?" });
  });

  test("a call resolves with the handler's reply, and a bad frame is complained about by name and path", async () => {
    await using server = testServer(app(Room));
    const ann = await server.connect(chat, "/?red");
    expect(await ann.call("ask", { question: "why" })).toBe("WHY");
    ann.send("say", { from: "ann", text: "far too long for this schema" });
    await server.idle();
    expect(ann.complaints).toMatchObject([{ code: "CONTRACT_MISMATCH", path: ["data", "text"] }]);
  });

  test("a wait for a frame that never comes rejects and leaves the consumer alone", async () => {
    await using server = testServer(app(Guarded));
    const ann = await server.connect("/", { headers: { authorization: "ann" } });
    await expect(ann.nextFrame({ timeoutMs: 20 })).rejects.toThrow("waited 20 ms for a frame");
    ann.sendFrame("still here");
    expect(await ann.nextFrame()).toBe("STILL HERE");
  });

  test("idle waits for a handler that waits for something outside", async () => {
    const outside = deferred<void>();
    class Slow extends WebSocketConsumer {
      override async receive() {
        await outside.promise;
        this.send("done");
      }
    }
    await using server = testServer(app(Slow));
    const ann = await server.connect("/");
    ann.sendFrame("go");
    let isIdle = false;
    const idle = server.idle().then(() => (isIdle = true));
    await server.fetch("/");
    expect(isIdle).toBe(false);
    outside.resolve();
    await idle;
    expect(ann.pending).toBe(1);
  });

  test("a client that stops reading gets everything when it reads on", async () => {
    await using server = testServer(app(Guarded));
    const ann = await server.connect("/", { headers: { authorization: "ann" } });
    ann.stopReading();
    for (const word of ["one", "two", "three"]) ann.sendFrame(word);
    await server.idle();
    expect(ann.pending).toBe(0);
    ann.resumeReading();
    await server.idle();
    expect([await ann.nextFrame(), await ann.nextFrame(), await ann.nextFrame()]).toEqual(["ONE", "TWO", "THREE"]);
  });

  test("closing the server closes its clients with 1001 and runs startup and shutdown once", async () => {
    const steps: string[] = [];
    const lifespan = {
      startup: () => {
        steps.push("startup");
        return { started: true };
      },
      shutdown: (state: Readonly<Record<string, unknown>>) => void steps.push(`shutdown ${JSON.stringify(state)}`),
    };
    const server = testServer(app(Guarded, { lifespan }));
    const ann = await server.connect("/", { headers: { authorization: "ann" } });
    await server.close();
    expect(await ann.closed()).toEqual({ code: 1001, reason: "going away" });
    expect(steps).toEqual(["startup", 'shutdown {"started":true}']);
  });

  test("HTTP is answered by a Node listener through Node's own parser, and by a Fetch handler", async () => {
    await using listener = testServer(
      app(Guarded, {
        http: async (request, response) => {
          let body = "";
          for await (const chunk of request) body += String(chunk);
          response.setHeader("set-cookie", ["a=1", "b=2"]);
          response.writeHead(201).end(`${request.method} ${request.url} ${body}`);
        },
      }),
    );
    const answer = await listener.fetch("/rooms?x=1", { method: "POST", body: "hello" });
    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await answer.text()).toBe("POST /rooms?x=1 hello");

    await using fetching = testServer(
      app(Guarded, { http: { fetch: (request) => new Response(new URL(request.url).pathname) } }),
    );
    expect(await (await fetching.fetch("/rooms")).text()).toBe("/rooms");
  });

  test("HTTP is answered by consumers: whole, in pieces, when a group says so, or not at all", async () => {
    class Answers extends HttpConsumer {
      override async handle(body: RequestBody) {
        const { method, queryString } = this.scope;
        if (method === "POST")
          return this.sendResponse(201, `${queryString} ${await body.text()}`, { "set-cookie": ["a", "b"] });
        await this.group("news").join();
        if (queryString === "stream") this.startEvents();
        return this.keepOpen();
      }
      news_item({ text }: { text: string }) {
        if (this.scope.queryString === "stream") this.sendEvent({ data: text });
        else this.sendJson(200, text);
      }
      override disconnect({ cause }: End) {
        ends.push(cause);
      }
    }
    const ends: string[] = [];
    await using server = testServer(
      new ProtocolTypeRouter({
        http: new URLRouter([
          path("/", Answers),
          path(
            "/plain",
            mount((_request, response) => response.end("plain")),
          ),
        ]),
      }),
    );
    const posted = await server.fetch("/?x=1", { method: "POST", body: "hello" });
    expect([posted.status, await posted.text()]).toEqual([201, "x=1 hello"]);
    expect(posted.headers.getSetCookie()).toEqual(["a", "b"]);
    expect(await (await server.fetch("/plain")).text()).toBe("plain");
    expect((await server.fetch("/nowhere")).status).toBe(404);

    const poll = server.fetch("/");
    const leaving = new AbortController();
    const stream = await server.fetch("/?stream", { signal: leaving.signal });
    await server.idle();
    await server.layer.groupSend("news", { type: "news.item", text: "hi" });
    expect(await (await poll).json()).toBe("hi");
    const reader = stream.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: hi\n\n");
    leaving.abort();
    await server.idle();
    expect(ends).toEqual(["server", "server", "client"]);
    expect(server.connectionCount).toBe(0);
  });
});
