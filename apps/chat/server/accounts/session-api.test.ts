import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { pathOf } from "../http/request.ts";
import { chatLog } from "../log.ts";
import { Accounts } from "./accounts.ts";
import { Passwords } from "./password.ts";
import type { Person } from "./person.ts";
import { SessionApi } from "./session-api.ts";
import { chatSession } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { memoryLimiters } from "./limiters.ts";
import { SignInLimits } from "./sign-in-limits.ts";
import { SignIn } from "./sign-in.ts";

const password = "correct horse";
const json = { "content-type": "application/json" };

let database: Database;
let coming: SignIn;
let http: Server;
let url: string;
let answered: Promise<void>[];
let logged: string[];
let signedOut: [name: string, session: string | undefined][];

beforeEach(async () => {
  database = await openTestDatabase();
  answered = [];
  logged = [];
  signedOut = [];
  const log = chatLog("info", { write: (line) => void logged.push(line) });
  const sessions = new Sessions(database);
  const accounts = new Accounts(database, new Passwords({ N: 16, r: 8, p: 1 }));
  await accounts.setUpAdmin("admin", "password of the admin");
  coming = new SignIn({
    accounts,
    sessions,
    log,
    signInLimits: new SignInLimits({ limiters: memoryLimiters, signUpsPerHour: 20, secret: "tests" }),
  });
  const api = new SessionApi({
    signIn: coming,
    sessions,
    session: chatSession(sessions, { secret: "only for tests, and long enough to be a secret", secure: false }),
    adminName: "admin",
    // Tests come from wherever they say.
    addressOf: ({ headers }) => String(headers["x-from"] ?? "192.0.2.1"),
    signedOut: async ({ name }: Person, session) => void signedOut.push([name, session]),
  });
  http = createServer((request, response) => {
    const answer = pathOf(request) === "/api/session" ? api.one(request, response) : api.all(request, response);
    answered.push(answer);
    answer.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => void http.close(resolve));
  await database.destroy();
});

async function post(form: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const body = typeof form === "string" ? form : JSON.stringify(form);
  return fetch(`${url}/api/session`, { method: "POST", headers: { ...json, ...headers }, body });
}

async function signIn(name: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await post({ name, password }, headers);
  expect(response.status).toBeLessThan(300);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

async function who(cookie: string): Promise<unknown> {
  const response = await fetch(`${url}/api/session`, { headers: { cookie } });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return ((await response.json()) as { me: unknown }).me;
}

async function leave(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url + path, { method: "DELETE", headers });
}

describe("signing in", () => {
  test("makes an account at the first time, and asks for its password from then on", async () => {
    const first = await post({ name: " Ann   Lee ", password });
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({ me: { name: "Ann Lee", isAdmin: false }, adminName: "admin" });
    const again = await post({ name: "ａｎｎ lee", password });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ me: { name: "Ann Lee" } });
    const wrong = await post({ name: "ann lee", password: `${password} ` });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    expect(await wrong.json()).toEqual({ problem: "“Ann Lee” has another password." });
  });

  test("tells who is signed in, from the cookie alone", async () => {
    expect(await who(await signIn("Ann"))).toEqual({ name: "Ann", isAdmin: false });
    expect(await who("")).toBeNull();
    expect(await who("chat=v1.MQ.zzzzzzzz.AAAA")).toBeNull();
  });

  test("never gives the admin's name to the first who comes", async () => {
    for (const name of ["admin", "ADMIN", "ａｄｍｉｎ"]) expect((await post({ name, password })).status).toBe(401);
    const response = await post({ name: "Admin", password: "password of the admin" });
    expect(await response.json()).toMatchObject({ me: { name: "admin", isAdmin: true } });
  });

  test("lets one of two in who take the same name at the same time with their own passwords", async () => {
    const responses = await Promise.all([
      post({ name: "Ann", password: "password 1" }),
      post({ name: "ann", password: "password 2" }),
    ]);
    expect(responses.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 401]);
  });

  test("ends the session that the browser had, for pages that are still open as somebody else", async () => {
    const cookie = await signIn("Ann");
    await signIn("Bea", { cookie });
    expect(await who(cookie)).toBeNull();
    expect(signedOut).toEqual([["Ann", expect.any(String)]]);
  });

  test.each([
    ["no JSON", "{", {}, 400],
    ["no name", { password }, {}, 400],
    ["no password", { name: "Ann" }, {}, 400],
    ["an empty name", { name: "   ", password }, {}, 400],
    ["a name that is no text", { name: { toString: 1 }, password }, {}, 400],
    ["a name of 25 characters", { name: "x".repeat(25), password }, {}, 400],
    ["a name that reads backwards", { name: "A\u202Enn", password }, {}, 400],
    ["a password of 7 characters", { name: "Ann", password: "x".repeat(7) }, {}, 400],
    ["a password of 201 characters", { name: "Ann", password: "x".repeat(201) }, {}, 400],
    ["a body over the limit", { name: "Ann", password: "x".repeat(5_000) }, {}, 413],
    ["a body that comes in many parts", JSON.stringify({ name: "x".repeat(1_000_000) }), {}, 413],
    ["a form", "name=Ann", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["another site's page", { name: "Ann", password }, { origin: "http://evil.example" }, 403],
    ["another site's script", { name: "Ann", password }, { "sec-fetch-site": "cross-site" }, 403],
    ["a sandboxed page", { name: "Ann", password }, { origin: "null" }, 403],
  ])("refuses %s", async (_what, form, headers, status) => {
    const response = await post(form, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ problem: expect.stringMatching(/\.$/) });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("takes passwords of 8 and of 200 characters, blanks included, in any script", async () => {
    const passwords = [" ".repeat(8), "x".repeat(200), "\u0001".repeat(200), "語".repeat(200), "🌊".repeat(100)];
    for (const [number, long] of passwords.entries()) {
      expect((await post({ name: `Ann ${number}`, password: long })).status).toBe(201);
      expect((await post({ name: `Ann ${number}`, password: long })).status).toBe(200);
    }
  });
});

describe("guessing", () => {
  test("ends after ten wrong passwords for a name, even for the right one, but not for others or from elsewhere", async () => {
    await signIn("Ann");
    await signIn("Bea");
    for (let guess = 0; guess < 10; guess++) {
      expect((await post({ name: "Ann", password: `guess number ${guess}` })).status).toBe(401);
    }
    const refused = await post({ name: "ANN", password });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(14 * 60);
    expect(await refused.json()).toEqual({ problem: "That was wrong too often. Try again in 15 minutes." });
    await signIn("Bea");
    await signIn("Ann", { "x-from": "192.0.2.2" });
  });

  test("is counted for those who are signed in too", async () => {
    const cookie = await signIn("Mal");
    await signIn("Ann");
    for (let guess = 0; guess < 10; guess++) await post({ name: "Ann", password: `guess number ${guess}` }, { cookie });
    expect((await post({ name: "Ann", password }, { cookie })).status).toBe(429);
  });

  test("is no faster with many at a time", async () => {
    await signIn("Ann");
    const guesses = Array.from({ length: 30 }, (_, guess) => post({ name: "Ann", password: `guess number ${guess}` }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  });

  test("starts anew for a name whose password was right", async () => {
    await signIn("Ann");
    for (let guess = 0; guess < 9; guess++) await post({ name: "Ann", password: `guess number ${guess}` });
    await signIn("Ann");
    expect((await post({ name: "Ann", password: "guess once more" })).status).toBe(401);
    await signIn("Ann");
  });

  test("makes no more accounts from one address than are allowed, while accounts that exist come in", async () => {
    for (let number = 0; number < 20; number++) await signIn(`Bot ${number}`);
    const refused = await post({ name: "Bot 20", password });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^3[56]\d\d$/);
    expect(await refused.json()).toMatchObject({ problem: expect.stringMatching(/^Too many accounts were made/) });
    await signIn("Bot 3");
    await signIn("Ann", { "x-from": "192.0.2.2" });
  });

  test("finds no more than 54 in line: those beyond are told to come back, and it counts for nothing", async () => {
    await signIn("Ann");
    const attempts = Array.from({ length: 80 }, (_, number) =>
      coming.attempt({ name: "Ann", password, address: `192.0.2.${number}` }),
    );
    const refused = (await Promise.all(attempts)).flatMap((result) => ("refused" in result ? [result.refused] : []));
    expect(refused).toHaveLength(80 - 54);
    for (const answer of refused) expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    await signIn("Ann", { "x-from": "192.0.2.79" });
  });
});

describe("signing out", () => {
  test("ends this session and no other", async () => {
    const [phone, desk] = [await signIn("Ann"), await signIn("Ann")];
    const response = await leave("/api/session", { cookie: phone });
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual(["chat=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"]);
    // The cookie is nothing any more, also for who kept a copy.
    expect(await who(phone)).toBeNull();
    expect(await who(desk)).toMatchObject({ name: "Ann" });
    expect(signedOut).toEqual([["Ann", expect.any(String)]]);
  });

  test("everywhere ends all sessions of one person", async () => {
    const [phone, desk, other] = [await signIn("Ann"), await signIn("Ann"), await signIn("Bea")];
    expect((await leave("/api/sessions", { cookie: phone })).status).toBe(204);
    expect(await who(phone)).toBeNull();
    expect(await who(desk)).toBeNull();
    expect(await who(other)).toMatchObject({ name: "Bea" });
    expect(signedOut).toEqual([["Ann", undefined]]);
  });

  test("is nothing special without a session, and everywhere needs one", async () => {
    expect((await leave("/api/session", {})).status).toBe(204);
    expect((await leave("/api/sessions", {})).status).toBe(401);
    expect(signedOut).toEqual([]);
  });

  test("is not done for another site", async () => {
    const cookie = await signIn("Ann");
    for (const path of ["/api/session", "/api/sessions"]) {
      expect((await leave(path, { cookie, origin: "http://evil.example" })).status).toBe(403);
    }
    expect(await who(cookie)).toMatchObject({ name: "Ann" });
  });
});

test("whoever breaks off while sending is no error", async () => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST /api/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      'content-length: 99\r\nexpect: 100-continue\r\n\r\n{"name":',
  );
  await once(socket, "data");
  expect(answered).toHaveLength(1);
  socket.destroy();
  await expect(answered[0]).resolves.toBeUndefined();
});

test("methods that are not known are refused", async () => {
  const one = await fetch(`${url}/api/session`, { method: "PUT" });
  expect([one.status, one.headers.get("allow")]).toEqual([405, "GET, HEAD, POST, DELETE"]);
  const all = await fetch(`${url}/api/sessions`);
  expect([all.status, all.headers.get("allow")]).toEqual([405, "DELETE"]);
});

test("the log says who signed up, in, and who was refused, and holds no password, token or cookie", async () => {
  const cookie = await signIn("Ann");
  await signIn("Ann");
  await post({ name: "Ann", password: "a guess of mine" });
  const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ msg, name, address }) => [msg, name, address])).toEqual([
    ["signed up", "Ann", "192.0.2.1"],
    ["signed in", "Ann", "192.0.2.1"],
    ["a sign-in was refused: wrong password", "Ann", "192.0.2.1"],
  ]);
  const all = logged.join("");
  for (const secret of [password, "a guess of mine", cookie, cookie.split(".")[1] ?? ""])
    expect(all).not.toContain(secret);
});
