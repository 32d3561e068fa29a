import {
  addToScope,
  ChannelConsumer,
  Consumer,
  contract,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  URLRouter,
  WebSocketConsumer,
  type Added,
  type EventMeta,
  type EventOf,
  type IncomingProtocolEvent,
} from "@solent/core";
import { testServer } from "@solent/core/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { Log } from "../support/log.ts";

/** What the original's own tests of its WebSocket consumers show, for ours. docs/reference/parity.md names each of them. */

const named = addToScope((scope) => ({ name: new URLSearchParams(scope.queryString).get("name") ?? "" }));

describe("WebSocketConsumer", () => {
  test("every connection has an instance and a scope of its own, also when they take turns", async () => {
    class Named extends WebSocketConsumer.needs<Added<typeof named>>() {
      count = 0;

      override receive() {
        this.send(`${this.scope.name} ${++this.count}`);
      }
    }
    const app = new ProtocolTypeRouter({ websocket: named(new URLRouter([path("/", Named)])) });
    await using server = testServer(app);
    const ann = await server.connect("/?name=ann");
    const ben = await server.connect("/?name=ben");

    for (const client of [ben, ann, ben]) client.sendFrame("who?");

    expect([await ben.nextFrame(), await ann.nextFrame(), await ben.nextFrame()]).toEqual(["ben 1", "ann 1", "ben 2"]);
  });

  test("offered subprotocols are in the scope, and the one that accept chooses reaches the client with its headers", async () => {
    class Choosy extends WebSocketConsumer {
      override connect() {
        const [, second] = this.scope.subprotocols;
        return this.accept({ ...(second === undefined ? {} : { subprotocol: second }), headers: { "x-foo": "bar" } });
      }
    }
    await using server = testServer(appOf(Choosy));
    const client = await server.connect("/", { subprotocols: ["first", "second"] });
    expect(client.subprotocol).toBe("second");
    expect(client.headers).toEqual({ "x-foo": "bar" });
  });

  test("text and bytes arrive as what they are, empty ones too", async () => {
    class Echo extends WebSocketConsumer {
      override receive(text: string) {
        this.send(text);
      }

      override receiveBinary(bytes: Uint8Array) {
        this.send(bytes);
      }
    }
    await using server = testServer(appOf(Echo));
    const client = await server.connect("/");
    const frames = ["text", Uint8Array.of(0, 255), "", new Uint8Array()];
    for (const frame of frames) client.sendFrame(frame);
    for (const frame of frames) expect(await client.nextFrame()).toEqual(frame);
  });

  test("close tells the client its code and reason, and disconnect the same with the cause", async () => {
    const ends: unknown[] = [];
    class Closing extends WebSocketConsumer {
      override receive() {
        this.send("bye");
        this.close(4007, "test reason");
        this.send("never");
      }

      override disconnect(end: unknown) {
        ends.push(end);
      }
    }
    await using server = testServer(appOf(Closing));
    const client = await server.connect("/");
    client.sendFrame("go");
    expect(await client.closed()).toEqual({ code: 4007, reason: "test reason" });
    await server.idle();
    expect(await client.nextFrame()).toBe("bye");
    expect(client.pending).toBe(0);
    expect(ends).toEqual([{ code: 4007, reason: "test reason", cause: "server" }]);
  });

  test("sending before the connection is accepted throws, and sending after it has ended does nothing", async () => {
    const calls: unknown[] = [];
    const attempt = (send: () => void): void => {
      try {
        calls.push(send());
      } catch (error) {
        calls.push((error as { code?: unknown }).code);
      }
    };
    class Hasty extends WebSocketConsumer {
      override connect() {
        attempt(() => this.send("too early"));
        return this.accept();
      }

      override disconnect() {
        attempt(() => this.send("too late"));
      }
    }
    await using server = testServer(appOf(Hasty));
    const client = await server.connect("/");
    client.close();
    await server.idle();
    expect(calls).toEqual(["CONSUMER_STATE", undefined]);
    expect(client.pending).toBe(0);
  });

  test("the groups of a class are joined before connect, and left when the connection ends", async () => {
    let membersAtConnect = 0;
    class Member extends WebSocketConsumer {
      static override readonly groups = ["chat", "news"];

      override connect() {
        membersAtConnect = this.layer.stats().memberships;
        return this.accept();
      }

      chat_message({ text }: { text: string }) {
        this.send(text);
      }
    }
    await using server = testServer(appOf(Member));
    const client = await server.connect("/");
    expect(membersAtConnect).toBe(2);

    await server.layer.groupSend("chat", { type: "chat.message", text: "hello" });
    expect(await client.nextFrame()).toBe("hello");

    client.close();
    await server.idle();
    expect(server.layer.stats()).toMatchObject({ channels: 0, groups: 0, memberships: 0 });
  });

  test("layerName picks the layer, and a message to the channel name arrives through that one", async () => {
    class Elsewhere extends WebSocketConsumer {
      static override readonly layerName = "other";

      override receive() {
        this.send(this.channelName);
      }

      job_done({ result }: { result: number }) {
        this.send(`result ${result}`);
      }
    }
    await using other = new InMemoryChannelLayer();
    await using server = testServer(appOf(Elsewhere), { layers: { other } });
    const client = await server.connect("/");
    client.sendFrame("name?");
    const channelName = (await client.nextFrame()) as string;

    await other.send(channelName, { type: "job.done", result: 7 });

    expect(await client.nextFrame()).toBe("result 7");
    await expect(server.layer.send(channelName, { type: "job.done", result: 8 })).rejects.toMatchObject({
      code: "CHANNEL_UNREACHABLE",
    });
  });

  test("a consumer whose layer is not configured runs without groups, and is told what to configure when it uses one", async () => {
    class Alone extends WebSocketConsumer {
      static override readonly layerName = "missing";

      override async receive(text: string) {
        if (text === "group") await this.group("room").join();
        this.send("fine");
      }
    }
    const log = new Log();
    await using server = testServer(appOf(Alone), { logger: log, onError: () => "keep" });
    const client = await server.connect("/");
    client.sendFrame("hello");
    expect(await client.nextFrame()).toBe("fine");
    client.sendFrame("group");
    await server.idle();
    const [line] = log.about("Alone.receive() failed");
    expect(line?.fields["err"]).toMatchObject({
      code: "CONSUMER_NO_LAYER",
      details: { consumer: "Alone", layer: "missing" },
    });
  });

  test("the layer is at hand as in the original: groupAdd, groupDiscard and groupSend with the channel name", async () => {
    class Room extends WebSocketConsumer {
      override async connect() {
        await this.layer.groupAdd("room", this.channelName);
        return this.accept();
      }

      override async receive(text: string) {
        if (text === "leave") await this.layer.groupDiscard("room", this.channelName);
        else await this.layer.groupSend("room", { type: "xxx.ooo", message: text });
      }

      xxx_ooo(event: { message: string }) {
        this.send(event.message);
      }
    }
    await using server = testServer(appOf(Room));
    const ann = await server.connect("/");
    const ben = await server.connect("/");
    ann.sendFrame("one");
    expect([await ann.nextFrame(), await ben.nextFrame()]).toEqual(["one", "one"]);
    ben.sendFrame("leave");
    await server.idle();
    ann.sendFrame("two");
    expect(await ann.nextFrame()).toBe("two");
    await server.idle();
    expect(ben.pending).toBe(0);
  });

  test("an event that a base class handles is handled by the classes that extend it", async () => {
    class Base extends WebSocketConsumer {
      chat_message({ text }: { text: string }) {
        this.send(`base ${text}`);
      }
    }
    class Derived extends Base {
      static override readonly groups = ["chat"];
    }
    await using server = testServer(appOf(Derived));
    const client = await server.connect("/");
    await server.layer.groupSend("chat", { type: "chat.message", text: "hello" });
    expect(await client.nextFrame()).toBe("base hello");
  });

  test("members share one event, and neither they nor its sender can change it", async () => {
    const seen: { list: string[] }[] = [];
    class Member extends WebSocketConsumer {
      static override readonly groups = ["chat"];

      chat_message(event: { list: string[] }) {
        seen.push(event);
      }
    }
    await using server = testServer(appOf(Member));
    await server.connect("/");
    await server.connect("/");
    const list = ["a"];
    const sent = server.layer.groupSend("chat", { type: "chat.message", list });
    list.push("b");
    await sent;
    expect(seen).toEqual([{ list: ["a"] }, { list: ["a"] }]);
    expect(seen[0]).toBe(seen[1]);
    expect(() => seen[0]?.list.push("mine")).toThrow(TypeError);
  });
});

describe("WebSocketConsumer.of(contract)", () => {
  const line = z.object({ text: z.string() });
  const chat = contract({
    toServer: { say: line, shout: line },
    toClient: { said: line, heard: line },
    events: { "chat.message": line, "chat.heard": { forward: "heard" } },
  });

  class Chat extends WebSocketConsumer.of(chat) {
    room = this.group("chat");

    override async connect() {
      await this.room.join();
      return this.accept();
    }

    override async receive({ type, data }: { type: "say" | "shout"; data: { text: string } }) {
      await this.room.send("chat.message", data, type === "shout" ? { except: this.channelName } : undefined);
    }

    chat_message(event: EventOf<typeof chat, "chat.message">, { group, sender, replayed }: EventMeta) {
      this.send("said", { text: `${event.text} ${group} ${sender === this.channelName} ${replayed}` });
    }
  }

  test("a handler is told the event's group and its sender", async () => {
    await using server = testServer(appOf(Chat));
    const ann = await server.connect(chat, "/");
    ann.send("say", { text: "hello" });
    expect(await ann.next()).toEqual({ type: "said", data: { text: "hello chat true false" } });
  });

  test("a send may leave out its sender", async () => {
    await using server = testServer(appOf(Chat));
    const ann = await server.connect(chat, "/");
    const ben = await server.connect(chat, "/");
    ann.send("shout", { text: "hello" });
    expect(await ben.next()).toMatchObject({ data: { text: "hello chat false false" } });
    await server.idle();
    expect(ann.pending).toBe(0);
  });

  test("a forwarded event reaches the client without a handler, and events can be sent from outside of a consumer", async () => {
    await using server = testServer(appOf(Chat));
    const ann = await server.connect(chat, "/");
    const outside = server.layer.group(chat, "chat");
    await outside.send("chat.heard", { text: "ding" });
    expect(await ann.next()).toEqual({ type: "heard", data: { text: "ding" } });
    await expect(outside.send("chat.heard", { text: 5 as never })).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
  });
});

describe("ChannelConsumer", () => {
  test("has a channel and groups, and by type no peer: nothing to accept, and nothing to send to", () => {
    type Members = keyof ChannelConsumer;
    expectTypeOf<"layer" | "group" | "scope" | "signal" | "disconnect">().toExtend<Members>();
    expectTypeOf<Members & ("send" | "accept" | "deny" | "close" | "connect" | "receive")>().toBeNever();
    for (const name of ["send", "accept", "deny"]) expect(ChannelConsumer.prototype).not.toHaveProperty(name);
  });
});

describe("Consumer", () => {
  test("protocol events call the methods named after them, and it sends the protocol's own events", async () => {
    const events: string[] = [];
    class Raw extends Consumer {
      websocket_connect(event: IncomingProtocolEvent) {
        events.push(event.type);
        this.send({ type: "websocket.accept", subprotocol: "b" });
      }

      websocket_receive(event: IncomingProtocolEvent) {
        if (event.type !== "websocket.receive") return;
        events.push(event.type);
        this.send(
          event.text === undefined
            ? { type: "websocket.send", bytes: event.bytes }
            : { type: "websocket.send", text: event.text },
        );
        if (event.text === "bye") this.send({ type: "websocket.close", code: 4001, reason: "as asked" });
      }

      websocket_disconnect(event: IncomingProtocolEvent) {
        events.push(event.type);
      }
    }
    await using server = testServer(appOf(Raw));
    const client = await server.connect("/", { subprotocols: ["a", "b"] });
    client.sendFrame(Uint8Array.of(1, 2));
    client.sendFrame("bye");
    expect(await client.closed()).toEqual({ code: 4001, reason: "as asked" });
    await server.idle();
    expect(await client.nextFrame()).toEqual(Uint8Array.of(1, 2));
    expect(client.subprotocol).toBe("b");
    expect(events).toEqual(["websocket.connect", "websocket.receive", "websocket.receive", "websocket.disconnect"]);
  });
});

function appOf(consumerClass: new (...parameters: never) => unknown): ProtocolTypeRouter {
  return new ProtocolTypeRouter({ websocket: new URLRouter([path("/", consumerClass as typeof WebSocketConsumer)]) });
}
