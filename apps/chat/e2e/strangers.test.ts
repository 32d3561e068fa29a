import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { buildPage, type BuiltPage, type RunningChat, startChat } from "./running-chat.ts";

let page: BuiltPage;

beforeAll(async () => {
  page = await buildPage();
}, 60_000);

afterAll(() => page[Symbol.asyncDispose]());

async function cookieOf(chat: RunningChat, name: string): Promise<string> {
  const response = await fetch(`${chat.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  expect(response.status).toBe(200);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

/** A socket by hand: frames in and out as text. */
class RawSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #frames: string[] = [];
  #arrived: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#frames.push(data.toString("utf8"));
      this.#arrived?.();
    });
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<RawSocket> {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return raw;
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The next frame of a type, or the next complaint for "error". */
  async next(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const text = this.#frames.shift();
      if (text === undefined) {
        await new Promise<void>((resolve) => (this.#arrived = resolve));
        continue;
      }
      const frame = JSON.parse(text) as Record<string, unknown>;
      if (frame["type"] === type || (type === "error" && "error" in frame)) return frame;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.close();
    await closed;
  }
}

async function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.once("open", () => reject(new Error("it was let in")));
    socket.on("error", () => undefined);
  });
}

describe("somebody who writes frames by hand", () => {
  test("opens no socket without a cookie, with a forged one, from another site, or after the name was given back", async () => {
    await using chat = await startChat(page);
    const cookie = await cookieOf(chat, "Ann");
    for (const path of ["/direct", "/rooms/lobby"]) {
      expect(await statusOf(chat.url + path)).toBe(401);
      expect(await statusOf(chat.url + path, { cookie: `${cookie.slice(0, -2)}AA` })).toBe(401);
      expect(await statusOf(chat.url + path, { cookie, origin: "http://evil.example" })).toBe(403);
    }
    expect(await statusOf(`${chat.url}/rooms/a%2Fb`, { cookie })).toBe(404);
    await fetch(`${chat.url}/api/session`, { method: "DELETE", headers: { cookie } });
    expect(await statusOf(`${chat.url}/direct`, { cookie })).toBe(401);
  });

  test("speaks under their own name whatever the frame says", async () => {
    await using chat = await startChat(page);
    await using ann = await RawSocket.open(`${chat.url}/rooms/lobby`, { cookie: await cookieOf(chat, "Ann") });
    await using mal = await RawSocket.open(`${chat.url}/rooms/lobby`, { cookie: await cookieOf(chat, "Mal") });
    mal.send({ type: "said", data: { id: "1", from: "Bea", text: "forged", at: 1 } });
    expect(await mal.next("error")).toEqual({ error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } });
    mal.send({ type: "room.said", data: { id: "1", from: "Bea", text: "forged", at: 1 } });
    expect(await mal.next("error")).toMatchObject({ error: { code: "FRAME_UNKNOWN_TYPE" } });
    mal.send({ type: "say", from: "Bea", data: { text: "in my own name", from: "Bea", id: "1" } });
    // The frames before it came to nothing: this is the first thing that Ann hears.
    expect(await ann.next("said")).toMatchObject({ data: { from: "Mal", text: "in my own name" } });
  });

  test("does not write into, or read, what two others say to each other", async () => {
    await using chat = await startChat(page);
    const [annCookie, beaCookie, malCookie] = [
      await cookieOf(chat, "Ann"),
      await cookieOf(chat, "Bea"),
      await cookieOf(chat, "Mal"),
    ];
    await using ann = await RawSocket.open(`${chat.url}/direct`, { cookie: annCookie });
    await using bea = await RawSocket.open(`${chat.url}/direct`, { cookie: beaCookie });
    await using mal = await RawSocket.open(`${chat.url}/direct`, { cookie: malCookie });
    await mal.next("welcome");
    ann.send({ type: "tell", data: { to: "bea", text: "secret" } });
    expect(await bea.next("told")).toMatchObject({ data: { from: "Ann", to: "Bea", text: "secret" } });
    mal.send({ type: "tell", data: { to: "Bea", from: "Ann", text: "from Ann, honestly" } });
    expect(await bea.next("told")).toMatchObject({ data: { from: "Mal" } });
    // Mal's own copy is the first that Mal is told: Ann's message was not.
    expect(await mal.next("told")).toMatchObject({ data: { from: "Mal", to: "Bea" } });
    await using later = await RawSocket.open(`${chat.url}/direct`, { cookie: malCookie });
    expect(JSON.stringify(await later.next("welcome"))).not.toContain("secret");
  });

  test("announces nothing without being the admin", async () => {
    await using chat = await startChat(page);
    await using admin = await RawSocket.open(`${chat.url}/direct`, { cookie: await cookieOf(chat, "admin") });
    await using mal = await RawSocket.open(`${chat.url}/direct`, { cookie: await cookieOf(chat, "Mal") });
    mal.send({ type: "announce", data: { text: "free money" } });
    expect(await mal.next("refused")).toMatchObject({ data: { why: "notAdmin" } });
    admin.send({ type: "announce", data: { text: "there is no free money" } });
    expect(await mal.next("announced")).toMatchObject({ data: { from: "admin", text: "there is no free money" } });
  });

  test("is put into place by the limits: too long, too much, too fast", async () => {
    await using chat = await startChat(page);
    const cookie = await cookieOf(chat, "Mal");
    await using mal = await RawSocket.open(`${chat.url}/rooms/lobby`, { cookie });
    mal.send({ type: "say", data: { text: "x".repeat(1_001) } });
    expect(await mal.next("error")).toEqual({ error: { code: "CONTRACT_MISMATCH", path: ["data", "text"] } });
    mal.send({ type: "say", data: { text: "   " } });
    expect(await mal.next("error")).toMatchObject({ error: { code: "CONTRACT_MISMATCH" } });

    const fast = new WebSocket(`${chat.url.replace("http", "ws")}/rooms/lobby`, { headers: { cookie } });
    await new Promise((resolve) => fast.once("open", resolve));
    for (let number = 0; number < 60; number++) fast.send(JSON.stringify({ type: "say", data: { text: `${number}` } }));
    expect(await new Promise((resolve) => fast.once("close", resolve))).toBe(4429);
  });

  test("does not get a name that somebody is here with", async () => {
    await using chat = await startChat(page);
    const cookie = await cookieOf(chat, "Ann");
    await using _ann = await RawSocket.open(`${chat.url}/direct`, { cookie });
    const ask = (name: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${chat.url}/api/session`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ name }),
      });
    expect((await ask("  ａｎｎ ")).status).toBe(409);
    expect((await ask("Ann", { cookie })).status).toBe(200);
  });
});
