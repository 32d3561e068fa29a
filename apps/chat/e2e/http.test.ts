import { request as nodeRequest } from "node:http";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { openDatabase } from "../server/database/database.ts";
import { cookieOf, password, type RunningChat, temporaryDatabase } from "./running-chat.ts";
import { setStage } from "./stage.ts";

const stage = setStage();

let chat: RunningChat;

beforeEach(async () => {
  const started = await stage.startChat();
  chat = started;
  onTestFinished(() => started[Symbol.asyncDispose]());
});

/** A request whose path is sent as it is: `fetch` would tidy it up. */
async function statusOf(path: string, method = "GET"): Promise<number | undefined> {
  const { hostname, port } = new URL(chat.url);
  return new Promise((resolve, reject) => {
    const request = nodeRequest({ hostname, port, path, method }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    });
    request.once("error", reject);
    request.end();
  });
}

async function assetPath(): Promise<string> {
  const html = await (await fetch(chat.url)).text();
  return /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
}

describe("the page", () => {
  test("comes with headers that let it load its own files and nothing else", async () => {
    const { headers } = await fetch(chat.url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.has("strict-transport-security")).toBe(false);
  });

  test("holds no script or style within its HTML", async () => {
    const html = await (await fetch(chat.url)).text();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)/);
  });

  test("is asked for each time, and answered with 304 while it is the same; its assets are kept for a year", async () => {
    const first = await fetch(chat.url);
    expect(first.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const again = await fetch(chat.url, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    const asset = await fetch(chat.url + (await assetPath()));
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("is compressed as the browser asks, and the same whichever way", async () => {
    const url = chat.url + (await assetPath());
    const texts = new Set<string>();
    for (const encoding of ["br", "gzip", "identity"]) {
      const response = await fetch(url, { headers: { "accept-encoding": encoding } });
      expect(response.headers.get("content-encoding")).toBe(encoding === "identity" ? null : encoding);
      expect(response.headers.get("vary")).toBe("accept-encoding");
      texts.add(await response.text());
    }
    expect(texts.size).toBe(1);
    const refused = await fetch(url, { headers: { "accept-encoding": "br;q=0, gzip;q=0" } });
    expect(refused.headers.get("content-encoding")).toBeNull();
  });

  test.each([
    "/nothing",
    "/index.html/",
    "/assets/",
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/../../index.html",
    "/api",
    "//",
  ])("has nothing at %s", async (path) => {
    expect(await statusOf(path)).toBe(404);
  });

  test("answers HEAD without a body and refuses other methods", async () => {
    const head = await fetch(chat.url, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(0);
    expect(await head.text()).toBe("");
    const posted = await fetch(chat.url, { method: "POST" });
    expect(posted.status).toBe(405);
    expect(posted.headers.get("allow")).toBe("GET, HEAD");
  });
});

const securityHeaders = ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"];

describe("every answer", () => {
  test.each(["/", "/nothing", "/api/session", "/api/sessions", "/healthz", "/readyz?deep=1"])(
    "of %s says what a browser may do with it",
    async (path) => {
      const { headers } = await fetch(chat.url + path);
      for (const name of securityHeaders) expect(headers.has(name), name).toBe(true);
    },
  );

  test("tells browsers to come back over HTTPS, and keeps cookies to it, where that is configured", async () => {
    await using secure = await stage.startChat({ isHttps: true });
    const { headers } = await fetch(secure.url);
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    const response = await signIn(secure, { name: "Ann", password });
    expect(response.headers.getSetCookie()[0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  });

  test("to what fails within is a bare 500", async () => {
    await using data = await temporaryDatabase();
    await using broken = await stage.startChat(data);
    const database = await openDatabase(data.database);
    await database.schema.dropTable("sessions").execute();
    await database.destroy();
    const response = await signIn(broken, { name: "Ann", password });
    expect([response.status, await response.text()]).toEqual([500, "500 Internal Server Error\n"]);
  });
});

async function signIn(
  { url }: RunningChat,
  form: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(form),
  });
}

describe("/api/session", () => {
  test("signs up, knows the cookie, and asks for the password from then on", async () => {
    const first = await signIn(chat, { name: "Ann", password });
    expect(first.status).toBe(201);
    const [setCookie = ""] = first.headers.getSetCookie();
    expect(setCookie).toMatch(/^chat=[^;]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
    const cookie = setCookie.split(";")[0] ?? "";
    const asked = await fetch(`${chat.url}/api/session?now`, { headers: { cookie } });
    expect(await asked.json()).toEqual({ me: { name: "Ann", isAdmin: false }, adminName: "admin" });
    expect((await signIn(chat, { name: "ann", password: "another password" })).status).toBe(401);
    const admin = await signIn(chat, { name: "Admin", password });
    expect(await admin.json()).toMatchObject({ me: { name: "admin", isAdmin: true } });
  });

  test("keeps accounts and sign-ins over a restart", async () => {
    await using data = await temporaryDatabase();
    let cookie: string;
    {
      await using before = await stage.startChat(data);
      cookie = await cookieOf(before, "Ann");
    }
    await using after = await stage.startChat(data);
    const asked = await fetch(`${after.url}/api/session`, { headers: { cookie } });
    expect(await asked.json()).toMatchObject({ me: { name: "Ann" } });
    expect((await signIn(after, { name: "Ann", password })).status).toBe(200);
  });

  test("counts guesses by the address that the proxy saw, and believes no client", async () => {
    await using proxied = await stage.startChat({ proxies: 1 });
    await cookieOf(proxied, "Ann");
    const guess = async (forwarded: string): Promise<number> =>
      (await signIn(proxied, { name: "Ann", password: "a wrong one" }, { "x-forwarded-for": forwarded })).status;
    for (let count = 0; count < 10; count++) {
      expect(await guess(`192.0.2.${count}, 203.0.113.7`)).toBe(401);
    }
    expect(await guess("192.0.2.99, 203.0.113.7")).toBe(429);
    expect(await guess("203.0.113.7, 203.0.113.8")).toBe(401);
  });
});

/** A page without a browser: what it is closed with. */
async function closeCodeOf({ url }: RunningChat, cookie: string): Promise<{ closed: Promise<number> }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/site`, { headers: { cookie } });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => {
    socket.once("message", resolve);
    socket.once("error", reject);
  });
  return { closed };
}

describe("signing out", () => {
  test("ends the connections of that sign-in, and of no other", async () => {
    const [phone, desk] = [await cookieOf(chat, "Ann"), await cookieOf(chat, "Ann")];
    const [onPhone, onDesk] = [await closeCodeOf(chat, phone), await closeCodeOf(chat, desk)];
    await fetch(`${chat.url}/api/session`, { method: "DELETE", headers: { cookie: phone } });
    expect(await onPhone.closed).toBe(4401);
    const stillThere = await Promise.race([onDesk.closed, closeCodeOf(chat, desk)]);
    expect(stillThere).not.toBe(4401);
  });

  test("everywhere ends all of one's connections", async () => {
    const cookies = [await cookieOf(chat, "Ann"), await cookieOf(chat, "Ann"), await cookieOf(chat, "Bea")];
    const [phone, desk, bea] = await Promise.all(cookies.map((cookie) => closeCodeOf(chat, cookie)));
    await fetch(`${chat.url}/api/sessions`, { method: "DELETE", headers: { cookie: cookies[0] ?? "" } });
    expect([await phone?.closed, await desk?.closed]).toEqual([4401, 4401]);
    expect(await Promise.race([bea?.closed, closeCodeOf(chat, cookies[2] ?? "")])).not.toBe(4401);
  });
});

describe("those who watch", () => {
  test("hear that it runs and can serve", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      const response = await fetch(chat.url + path);
      expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    }
  });
});
