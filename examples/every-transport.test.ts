import { once } from "node:events";
import type { WebSocketLike } from "@solent/client";
import { anySocket, type ConnectTransport } from "@solent/client/http";
import { afterAll, beforeAll, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import { WebSocket } from "ws";
import { layer as observers } from "./observer-list/server.ts";
import { serveExamples, type ServedExamples } from "./serve-examples.ts";

const names = [
  ...["echo-1v1", "group-chat-raw", "group-chat-contract", "site-notice", "observer-list"],
  ...["raw-consumer", "function-consumer", "pull-socket"],
];

let served: ServedExamples;
let logged: Mock<typeof console.log>;
beforeAll(async () => {
  served = await serveExamples(names, 0);
});
beforeEach(() => {
  logged = vi.spyOn(console, "log").mockReturnValue();
});
afterAll(() => served?.[Symbol.asyncDispose]());

/** A connection to an example, over one transport alone. */
class Peer implements AsyncDisposable {
  readonly #socket: WebSocketLike;
  readonly #heard: string[] = [];
  readonly #events = new EventTarget();
  #end: number | undefined;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    const tell = () => this.#events.dispatchEvent(new Event("change"));
    socket.onopen = tell;
    socket.onmessage = ({ data }: { readonly data: string }) => {
      this.#heard.push(data);
      tell();
    };
    socket.onerror = () => {};
    socket.onclose = ({ code }: { readonly code: number }) => {
      this.#end = code;
      tell();
    };
  }

  static async open(transport: ConnectTransport, path: string): Promise<Peer> {
    const Socket = anySocket({ transports: [transport], WebSocket });
    const peer = new Peer(new Socket(`${served.url.replace("http", "ws")}${path}`, []));
    await peer.#until(() => peer.#socket.readyState === 1);
    return peer;
  }

  say(message: string | object): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Waits until it has heard so many, and takes them. */
  async hears(count: number): Promise<string[]> {
    await this.#until(() => this.#heard.length >= count);
    return this.#heard.splice(0);
  }

  async ends(): Promise<number> {
    await this.#until(() => this.#end !== undefined);
    return this.#end as number;
  }

  leave(): void {
    this.#socket.close(1000, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.ends();
  }

  async #until(isSo: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(5_000);
    while (!isSo()) await once(this.#events, "change", { signal });
  }
}

const said = (from: string, text: string) => JSON.stringify({ type: "said", data: { from, text } });
const say = (data: object) => ({ type: "say", data });

describe.each<ConnectTransport>(["websocket", "sse", "stream", "poll"])("over %s", (transport) => {
  const open = (path: string) => Peer.open(transport, path);

  test("an echo comes back to who spoke, and its end is heard", async () => {
    await using ann = await open("echo-1v1/echo");
    await using bob = await open("echo-1v1/echo");
    ann.say("one\ntwo");
    bob.say("three");
    expect([await ann.hears(1), await bob.hears(1)]).toEqual([["one\ntwo"], ["three"]]);
    ann.leave();
    await expect.poll(() => logged.mock.calls.flat()).toContain("an echo ended with 1000");
  });

  test("two people talk, a third hears nothing, and what does not fit is refused", async () => {
    await using ann = await open("echo-1v1/pair/ann/bob");
    await using bob = await open("echo-1v1/pair/bob/ann");
    await using eve = await open("echo-1v1/pair/eve/bob");
    ann.say(say({ text: " " }));
    ann.say(say({ text: "hello" }));
    eve.say(say({ text: "anybody?" }));
    expect(await bob.hears(1)).toEqual([said("ann", "hello")]);
    const [refusal, own] = await ann.hears(2);
    expect([JSON.parse(refusal ?? ""), own]).toEqual([
      { error: { code: "CONTRACT_MISMATCH", path: ["data", "text"] } },
      said("ann", "hello"),
    ]);
    expect(await eve.hears(1)).toEqual([said("eve", "anybody?")]);
  });

  test("a group by hand hears everything in one order", async () => {
    await using ann = await open("group-chat-raw/room");
    await using bob = await open("group-chat-raw/room");
    const lines = ["one", '{"type":"xxx.ooo","message":"forged"}', "three"];
    for (const line of lines) ann.say(line);
    expect([await ann.hears(3), await bob.hears(3)]).toEqual([lines, lines]);
  });

  test("rooms with a contract keep to themselves, and ten refused frames end a connection", async () => {
    await using ann = await open("group-chat-contract/rooms/red");
    await using bob = await open("group-chat-contract/rooms/red");
    await using eve = await open("group-chat-contract/rooms/blue");
    ann.say(say({ from: "Ann", text: "in red" }));
    eve.say(say({ from: "Eve", text: "in blue" }));
    expect([await bob.hears(1), await eve.hears(1)]).toEqual([[said("Ann", "in red")], [said("Eve", "in blue")]]);
    for (let count = 0; count < 10; count += 1) eve.say("{}");
    expect(await eve.ends()).toBe(4400);
    expect(await eve.hears(10)).toHaveLength(10);
    bob.say(say({ from: "Bob", text: "still here" }));
    expect(await ann.hears(2)).toEqual([said("Ann", "in red"), said("Bob", "still here")]);
  });

  test("a notice of an HTTP request reaches everybody", async () => {
    await using ann = await open("site-notice/notices");
    await using bob = await open("site-notice/notices");
    const announce = (text: string) => fetch(`${served.url}site-notice/?text=${text}`, { method: "POST" });
    expect([(await announce("")).status, (await announce("hello")).status]).toEqual([400, 204]);
    const notice = [JSON.stringify({ type: "notice", data: { text: "hello" } })];
    expect([await ann.hears(1), await bob.hears(1)]).toEqual([notice, notice]);
  });

  test("the list of observers has everybody who is there, and nobody who has left", async () => {
    await using ann = await open("observer-list/observe");
    await using bob = await open("observer-list/observe");
    const eve = await open("observer-list/observe");
    await expect.poll(() => observers.stats().memberships).toBe(3);
    eve.leave();
    await expect.poll(() => observers.stats().memberships).toBe(2);
    ann.say("hello");
    expect([await ann.hears(1), await bob.hears(1)]).toEqual([["hello"], ["hello"]]);
  });

  test("the protocol's own events come to their methods, and StopConsumer ends one connection", async () => {
    await using ann = await open("raw-consumer/raw");
    ann.say("hello");
    expect(await ann.hears(2)).toEqual(["say something, send bytes, or say bye", "text: hello"]);
    ann.say("bye");
    expect(await ann.ends()).toBe(1000);
    await expect.poll(() => logged.mock.calls.flat()).toContain("a raw consumer ended with 1000, by the server");
  });

  test("a function for each connection echoes, and closes when it returns", async () => {
    await using ann = await open("function-consumer/echo?a=1");
    ann.say("hello");
    const [handshake = "", echo] = await ann.hears(2);
    expect(JSON.parse(handshake)).toContainEqual(["query", "a=1"]);
    expect(echo).toBe("hello");
    ann.say("bye");
    expect(await ann.ends()).toBe(1000);
  });

  test("a pull-style socket gives what has gathered when it is asked", async () => {
    await using ann = await open("pull-socket/echo");
    for (const text of ["one", "two"]) ann.say(text);
    expect(await ann.hears(3)).toEqual([
      ...["wait() gave one", "hasMessages() is true, countMessages() is 1", "read() gave two, 0 left"],
    ]);
  });
});
