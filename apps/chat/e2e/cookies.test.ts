import { connect } from "@solent/client";
import WebSocket from "ws";
import { describe, expect, test } from "vitest";
import type { site } from "../contract/site.ts";
import { denialOf, RawSocket } from "./raw-socket.ts";
import { cookieOf, password, type RunningChat, temporaryDatabase } from "./running-chat.ts";
import { setStage } from "./stage.ts";

const stage = setStage();

const paths = ["/site", "/direct", "/rooms/lobby"];

async function signInAs({ url }: RunningChat, name: string, given: string): Promise<number> {
  const response = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: given }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function whoIs({ url }: RunningChat, cookie: string): Promise<unknown> {
  const response = await fetch(`${url}/api/session`, { headers: { cookie } });
  return ((await response.json()) as { me: unknown }).me;
}

describe("somebody without a cookie of their own", () => {
  test("opens no connection with none, a forged one, two at once, or from another site's page", async () => {
    await using chat = await stage.startChat();
    const cookie = await cookieOf(chat, "Ann");
    const other = await cookieOf(chat, "Mal");
    const forged = [
      "",
      "chat=",
      "chat=Ann",
      "chat=1",
      `${cookie.slice(0, -2)}AA`,
      // Ann's session under Mal's signature, and the other way round.
      `${cookie.slice(0, cookie.lastIndexOf("."))}${other.slice(other.lastIndexOf("."))}`,
      `${other}; ${cookie}`,
    ];
    for (const path of paths) {
      for (const value of forged) expect(await denialOf(chat, path, { cookie: value }), value).toBe(401);
      expect(await denialOf(chat, path, { cookie, origin: "http://evil.example" })).toBe(403);
      expect(await denialOf(chat, path, { cookie, origin: "null" })).toBe(403);
    }
    for (const value of forged) expect(await whoIs(chat, value), value).toBeNull();
    expect(await denialOf(chat, "/rooms/a%2Fb", { cookie })).toBe(404);
  });

  test("is told with a close code, and nothing before it, where a page is told no status", async () => {
    await using chat = await stage.startChat();
    await using remote = connect<typeof site>(`${chat.url}/site`, { WebSocket });
    const heard: unknown[] = [];
    remote.on("welcome", (welcome) => heard.push(welcome));
    expect(await remote.closed).toMatchObject({ code: 4401, cause: "server" });
    expect(heard).toEqual([]);
  });

  test("comes in neither with a cookie of another chat, nor with one whose session has ended", async () => {
    const secret = "the same secret in two places, or not";
    await using data = await temporaryDatabase();
    await using chat = await stage.startChat({ ...data, secret });
    await using elsewhere = await stage.startChat({ secret });
    await using otherSecret = await stage.startChat({ ...data, secret: "another secret, of at least 32 characters" });
    const ended = await cookieOf(chat, "Ann");
    await fetch(`${chat.url}/api/session`, { method: "DELETE", headers: { cookie: ended } });
    for (const cookie of [ended, await cookieOf(elsewhere, "Ann"), await cookieOf(otherSecret, "Ann")]) {
      for (const path of paths) expect(await denialOf(chat, path, { cookie })).toBe(401);
      expect(await whoIs(chat, cookie)).toBeNull();
    }
  });

  test("does not become somebody by a name that is spelled or looks the same", async () => {
    await using chat = await stage.startChat();
    await cookieOf(chat, "Ann");
    for (const name of ["Ann", "ann", "  ａｎｎ ", "ANN", "admin", "Ａｄｍｉｎ"]) {
      expect(await signInAs(chat, name, "not the password"), name).toBe(401);
    }
    // One letter of it is Cyrillic, or nobody can see it.
    for (const name of ["\u0410nn", "An\u200Bn", "Ann\u202E"]) expect(await signInAs(chat, name, password)).toBe(400);
  });
});

describe("somebody who signs out", () => {
  test("cannot be listened to any more by who still has a connection of theirs", async () => {
    await using chat = await stage.startChat();
    const cookie = await cookieOf(chat, "Ann");
    await using stolen = await RawSocket.open(chat, "/direct", cookie);
    await stolen.next("welcome");
    await using bea = await RawSocket.open(chat, "/direct", await cookieOf(chat, "Bea"));
    await fetch(`${chat.url}/api/session`, { method: "DELETE", headers: { cookie } });
    await bea.ask("tell", { to: "Ann", clientId: crypto.randomUUID(), text: "for Ann alone" });
    expect(await stolen.closed).toBe(4401);
    expect(stolen.received.join()).not.toContain("for Ann alone");
  });
});
