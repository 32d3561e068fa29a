import { request as nodeRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { buildPage, type BuiltPage, type RunningChat, startChat } from "./running-chat.ts";

let page: BuiltPage;
let chat: RunningChat;

beforeAll(async () => {
  page = await buildPage();
}, 60_000);

afterAll(() => page[Symbol.asyncDispose]());

beforeEach(async () => {
  const started = await startChat(page);
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

  test("loads less than 120 kB at the first visit", async () => {
    const html = await (await fetch(chat.url)).text();
    let bytes = 0;
    for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      bytes += Number(
        (await fetch(chat.url + path, { headers: { "accept-encoding": "br" } })).headers.get("content-length"),
      );
    }
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(120_000);
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

describe("/api/session", () => {
  const json = { "content-type": "application/json" };

  async function signIn(body: string, headers: Readonly<Record<string, string>> = json): Promise<Response> {
    return fetch(`${chat.url}/api/session`, { method: "POST", headers, body });
  }

  test("signs in with a cookie that scripts cannot read and other sites cannot send", async () => {
    const response = await signIn('{"name":" Ann   Lee "}');
    expect(await response.json()).toEqual({ me: { name: "Ann Lee", isAdmin: false }, adminName: "admin" });
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    const asked = await fetch(`${chat.url}/api/session`, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(await asked.json()).toMatchObject({ me: { name: "Ann Lee" } });
    expect(asked.headers.get("cache-control")).toBe("no-store");
  });

  test("knows nobody without a cookie, and forgets whoever signs out", async () => {
    const nobody = await fetch(`${chat.url}/api/session`);
    expect(await nobody.json()).toEqual({ me: null, adminName: "admin" });
    const cookie = (await signIn('{"name":"Ann"}')).headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const out = await fetch(`${chat.url}/api/session`, { method: "DELETE", headers: { cookie } });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^chat=;.*Max-Age=0/);
    const asked = await fetch(`${chat.url}/api/session`, { headers: { cookie } });
    expect(await asked.json()).toMatchObject({ me: null });
    expect((await signIn('{"name":"Ann"}')).status).toBe(200);
  });

  test.each([
    ["no JSON", "{", json, 400],
    ["no name", "{}", json, 400],
    ["an empty name", '{"name":"   "}', json, 400],
    ["a name that is no text", '{"name":{"toString":1}}', json, 400],
    ["a name of 25 characters", JSON.stringify({ name: "x".repeat(25) }), json, 400],
    ["a name that reads backwards", JSON.stringify({ name: "A\u202Enn" }), json, 400],
    ["a body over the limit", JSON.stringify({ name: "x".repeat(5_000) }), json, 413],
    ["a form", "name=Ann", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["another site's page", '{"name":"Ann"}', { ...json, origin: "http://evil.example" }, 403],
    ["another site's script", '{"name":"Ann"}', { ...json, "sec-fetch-site": "cross-site" }, 403],
    ["a sandboxed page", '{"name":"Ann"}', { ...json, origin: "null" }, 403],
  ])("refuses %s", async (_what, body, headers, status) => {
    const response = await signIn(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("problem");
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("refuses methods it does not know", async () => {
    const response = await fetch(`${chat.url}/api/session`, { method: "PUT" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, POST, DELETE");
  });
});
