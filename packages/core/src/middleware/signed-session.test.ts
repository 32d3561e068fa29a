import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { Log } from "../../../../test/support/log.ts";
import { connect, Peer, refused } from "../../../../test/support/peer.ts";
import type { Application } from "../connection/application.ts";
import type { Scope } from "../connection/scope.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { deferred } from "../internal/deferred.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { serve, type SolentServer } from "../server/serve.ts";
import type { Added } from "./middleware.ts";
import { signedSession } from "./signed-session.ts";

const secret = "a secret of this test, 32 bytes or more";
const oldSecret = "the secret of last year, 32 bytes or more";

interface User {
  readonly name: string;
}
const users = new Map([
  ["1", { name: "ann" }],
  ["ünï 💬; =", { name: "bob" }],
]);
const load = (id: string): User | undefined => users.get(id);

/** The `Cookie` header that a browser sends after this `Set-Cookie`. */
const sentBack = (setCookie: string): string => setCookie.slice(0, setCookie.indexOf(";"));
const valueOf = (setCookie: string): string => sentBack(setCookie).slice(sentBack(setCookie).indexOf("=") + 1);

afterEach(() => {
  vi.useRealTimers();
});

describe("signedSession.issue and read", () => {
  test("hand a session to the browser and know it again", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const session = signedSession({ secret, load, maxAgeMs: 60_000 });
    const setCookie = await session.issue("1");
    expect(setCookie).toMatch(
      /^session=v1\.[\w-]+\.[\w-]+\.[\w-]{43}; Path=\/; Max-Age=60; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await session.read(sentBack(setCookie))).toEqual({ id: "1", expiresAtMs: 1_060_000 });
    expect(await session.read(`theme=dark; ${sentBack(setCookie)}; lang=en`)).toEqual({
      id: "1",
      expiresAtMs: 1_060_000,
    });
    expect(await session.read([`theme=dark`, sentBack(setCookie)])).toMatchObject({ id: "1" });
    expect(await session.read(`session="${valueOf(setCookie)}"`)).toMatchObject({ id: "1" });
  });

  test("carry any text as id, up to a limit", async () => {
    const session = signedSession({ secret, load });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), async (id) => {
        expect(await session.read(sentBack(await session.issue(id)))).toMatchObject({ id });
      }),
      { numRuns: 50 },
    );
    expect(await session.read(sentBack(await session.issue("é".repeat(512))))).toMatchObject({ id: "é".repeat(512) });
    expect((await session.issue("é".repeat(512))).length).toBeLessThan(4_096);
  });

  test.each([
    ["", "text of 0 characters"],
    ["x".repeat(1_025), "text of 1025"],
    ["é".repeat(513), "text of 513"],
    ["\ud800", "text of 1"],
    [7, "type number"],
  ])("refuse %j as id without repeating it", async (id, said) => {
    const session = signedSession({ secret, load });
    await expect(session.issue(id as string)).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(said) }),
    );
  });

  test("end a session when its time is over, and not before", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const session = signedSession({ secret, load, maxAgeMs: 60_000 });
    const cookie = sentBack(await session.issue("1"));
    vi.setSystemTime(1_059_999);
    expect(await session.read(cookie)).toMatchObject({ id: "1" });
    vi.setSystemTime(1_060_000);
    expect(await session.read(cookie)).toBeUndefined();
  });

  test("refuse every value with one character changed, taken away or put in", async () => {
    const session = signedSession({ secret, load });
    const value = valueOf(await session.issue("1"));
    const forged: string[] = [];
    for (let at = 0; at < value.length; at++) {
      for (let bit = 0; bit < 7; bit++) {
        const flipped = String.fromCharCode(value.charCodeAt(at) ^ (1 << bit));
        forged.push(value.slice(0, at) + flipped + value.slice(at + 1));
      }
      forged.push(value.slice(0, at) + value.slice(at + 1), `${value.slice(0, at)}A${value.slice(at)}`);
    }
    const found = await Promise.all(forged.map((text) => session.read(`session=${text}`)));
    expect(found.filter((ticket) => ticket !== undefined)).toEqual([]);
  });

  test("know a session signed by an old secret, until that is taken away", async () => {
    const before = signedSession({ secret: oldSecret, load });
    const cookie = sentBack(await before.issue("1"));
    const rotating = signedSession({ secret: [secret, oldSecret], load });
    expect(await rotating.read(cookie)).toMatchObject({ id: "1" });
    expect(await signedSession({ secret, load }).read(cookie)).toBeUndefined();
    const fresh = sentBack(await rotating.issue("1"));
    expect(await signedSession({ secret, load }).read(fresh)).toMatchObject({ id: "1" });
    expect(await before.read(fresh)).toBeUndefined();
  });

  test("refuse a session that was issued for another cookie", async () => {
    const admin = signedSession({ secret, load, cookieName: "admin" });
    const value = valueOf(await signedSession({ secret, load }).issue("1"));
    expect(await admin.read(`admin=${value}`)).toBeUndefined();
    expect(await admin.read(`session=${value}`)).toBeUndefined();
  });

  test("refuse to guess between two different sessions", async () => {
    const session = signedSession({ secret, load });
    const [mine, another] = [sentBack(await session.issue("1")), sentBack(await session.issue("2"))];
    expect(await session.read(`${mine}; ${another}`)).toBeUndefined();
    expect(await session.read(`${mine}; session=x`)).toBeUndefined();
    expect(await session.read(`${mine}; ${mine}`)).toMatchObject({ id: "1" });
  });

  test("refuse a signature made with the same key for something else", async () => {
    const head = `v1.${Buffer.from("1").toString("base64url")}.${(Date.now() + 60_000).toString(36)}`;
    const sign = (text: string): string => createHmac("sha256", secret).update(text).digest("base64url");
    const session = signedSession({ secret, load });
    expect(await session.read(`session=${head}.${sign(head)}`)).toBeUndefined();
    // The documented form, so that another program can read and write the cookie.
    expect(await session.read(`session=${head}.${sign(`solent.session\0session\0${head}`)}`)).toMatchObject({
      id: "1",
    });
  });

  test.each([
    "",
    "v1",
    "v1...",
    "v1.MQ.zzz.",
    "null",
    "__proto__",
    "v0.MQ.zzzzzzzz.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "v1.MQ.zzzzzzzz.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "v1.MQ.zzzzzzzz.ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ",
    `v1.${"A".repeat(1_000_000)}.zzzzzzzz.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
    "v1.".repeat(600),
    "%76%31",
    "💬",
  ])("find no session in %.40j", async (value) => {
    expect(await signedSession({ secret, load }).read(`session=${value}`)).toBeUndefined();
  });

  test("find no session without a Cookie header", async () => {
    const session = signedSession({ secret, load });
    expect([await session.read(undefined), await session.read(null), await session.read("")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("signedSession options", () => {
  test.each<[unknown, string]>([
    ["short", "5 bytes long"],
    ["", "0 bytes long"],
    [new Uint8Array(31), "31 bytes long"],
    [[secret, "short"], "5 bytes long"],
    [undefined, "a value of type undefined"],
    [[], "a list of 0"],
    [Array.from({ length: 9 }, () => secret), "a list of 9"],
  ])("refuse the secret %j without repeating it", (weak, said) => {
    let message = "";
    try {
      signedSession({ secret: weak as string, load });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(said);
    expect(message).not.toContain("short");
  });

  test("take a secret as bytes, and keep a copy", async () => {
    const bytes = new TextEncoder().encode(secret);
    const session = signedSession({ secret: bytes, load });
    bytes.fill(0);
    expect(await signedSession({ secret, load }).read(sentBack(await session.issue("1")))).toMatchObject({ id: "1" });
  });

  test("need a load function", () => {
    expect(() => signedSession({ secret, load: undefined as unknown as typeof load })).toThrow(
      'The option "load" is "undefined": it is a function from an id to a user.',
    );
  });

  test("type the user by what load gives", () => {
    const plain = signedSession({ secret, load });
    expectTypeOf<Added<typeof plain>>().toEqualTypeOf<{ readonly user: User }>();
    const later = signedSession({ secret, load: async (id) => load(id) ?? null, optional: false });
    expectTypeOf<Added<typeof later>>().toEqualTypeOf<{ readonly user: User }>();
    const optional = signedSession({ secret, load, optional: true });
    expectTypeOf<Added<typeof optional>>().toEqualTypeOf<{ readonly user: User | undefined }>();
    const isOptional: boolean = users.size > 9;
    const unsure = signedSession({ secret, load, optional: isOptional });
    expectTypeOf<Added<typeof unsure>>().toEqualTypeOf<{ readonly user: User | undefined }>();
  });
});

/** Tells who is connected. */
class WhoAmI extends WebSocketConsumer.needs<{ readonly user: User | undefined }>() {
  override connect() {
    const admission = this.accept();
    this.send(this.scope.user?.name ?? "nobody");
    return admission;
  }
}

const router = new URLRouter([path("/", WhoAmI)]);

async function serving(websocket: Application<object>, log: Log = new Log()): Promise<SolentServer> {
  return serve(new ProtocolTypeRouter({ websocket }), { port: 0, host: "127.0.0.1", logger: log });
}

async function answer(server: SolentServer, cookie: string | undefined): Promise<string> {
  const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
  try {
    await using peer = await connect(server.port, { headers });
    return await peer.text();
  } catch {
    const { status, body } = await refused(server.port, { headers });
    return `${status} ${body.trim()}`;
  }
}

describe("signedSession as middleware", () => {
  test("gives the consumer its user", async () => {
    const session = signedSession({ secret, load });
    await using server = await serving(session(router));
    expect(await answer(server, sentBack(await session.issue("1")))).toBe("ann");
    expect(await answer(server, `theme=dark; ${sentBack(await session.issue("ünï 💬; ="))}`)).toBe("bob");
  });

  test("denies with 401 who has no valid session, and logs nothing but refused cookies", async () => {
    const log = new Log();
    const session = signedSession({ secret, load });
    await using server = await serving(session(router), log);
    expect(await answer(server, undefined)).toBe("401 sign in first");
    expect(log.lines).toEqual([]);
    const cookie = sentBack(await session.issue("1"));
    expect(await answer(server, `${cookie.slice(0, -1)}!`)).toBe("401 sign in first");
    const forged = await signedSession({ secret: oldSecret, load }).issue("1");
    expect(await answer(server, sentBack(forged))).toBe("401 sign in first");
    expect(await answer(server, `${cookie}; session=x`)).toBe("401 sign in first");
    expect(await answer(server, `session=${"x".repeat(8_000)}`)).toBe("401 sign in first");
    const found = new Set(log.about("a session cookie was refused").map(({ fields }) => fields["found"]));
    expect([...found]).toEqual(["malformed", "forged", "ambiguous"]);
    expect(JSON.stringify(log.lines)).not.toContain(cookie.slice(-43));
  });

  test("denies an expired session", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const session = signedSession({ secret, load, maxAgeMs: 60_000 });
    const cookie = sentBack(await session.issue("1"));
    await using server = await serving(session(router));
    expect(await answer(server, cookie)).toBe("ann");
    vi.advanceTimersByTime(60_000);
    expect(await answer(server, cookie)).toBe("401 sign in first");
  });

  test("denies a session whose user is gone", async () => {
    const session = signedSession({ secret, load: (id) => Promise.resolve(load(id) ?? null) });
    await using server = await serving(session(router));
    expect(await answer(server, sentBack(await session.issue("2")))).toBe("401 sign in first");
    expect(await answer(server, sentBack(await session.issue("1")))).toBe("ann");
  });

  test("lets everybody pass where the session is optional", async () => {
    const session = signedSession({ secret, load, optional: true });
    await using server = await serving(session(router));
    expect(await answer(server, undefined)).toBe("nobody");
    expect(await answer(server, "session=forged")).toBe("nobody");
    expect(await answer(server, sentBack(await session.issue("1")))).toBe("ann");
  });

  test("hands load the id and the scope", async () => {
    const seen: [string, string][] = [];
    const session = signedSession({
      secret,
      load: (id: string, scope: Scope): User => {
        seen.push([id, scope.path]);
        return { name: "eve" };
      },
    });
    await using server = await serving(session(router));
    expect(await answer(server, sentBack(await session.issue("9")))).toBe("eve");
    expect(seen).toEqual([["9", "/"]]);
  });

  test("refuses with 500 and a bare text when load fails, and serves the next", async () => {
    const log = new Log();
    const session = signedSession({
      secret,
      load: (id: string): Promise<User | undefined> =>
        id === "1" ? Promise.resolve(load(id)) : Promise.reject(new Error("the database is away")),
    });
    await using server = await serving(session(router), log);
    expect(await answer(server, sentBack(await session.issue("2")))).toBe("500 500 Internal Server Error");
    expect(await answer(server, sentBack(await session.issue("1")))).toBe("ann");
    expect(log.lines).toHaveLength(2);
  });

  test("makes no consumer for a peer that leaves while load looks the user up", async () => {
    const asked = deferred<void>();
    const found = deferred<User>();
    const session = signedSession({
      secret,
      load: () => {
        asked.resolve();
        return found.promise;
      },
    });
    const log = new Log();
    await using server = await serving(session(router), log);
    const cookie = sentBack(await session.issue("1"));
    const peer = new Peer(server.port, { headers: { cookie } });
    await asked.promise;
    peer.socket.terminate();
    await peer.end;
    await expect.poll(() => server.connectionCount).toBe(0);
    found.resolve({ name: "ann" });
    await server.close();
    expect(log.lines).toEqual([]);
  });
});

describe("signedSession with an HTTP server", () => {
  test("signs in by a login page, connects, and signs out again", async () => {
    const session = signedSession({ secret, load, secure: false });
    await using server = await serving(session(router));
    await using site = await listen(
      createServer((request, response) => {
        const cookie = request.url === "/login" ? session.issue("1") : Promise.resolve(session.clear());
        void cookie.then((setCookie) => response.writeHead(204, { "set-cookie": setCookie }).end());
      }),
    );
    const login = await fetch(`${site.url}/login`);
    const [setCookie = ""] = login.headers.getSetCookie();
    expect(setCookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(await answer(server, sentBack(setCookie))).toBe("ann");
    const logout = await fetch(`${site.url}/logout`);
    expect(logout.headers.getSetCookie()).toEqual(["session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
    expect(await answer(server, sentBack(logout.headers.getSetCookie()[0] ?? ""))).toBe("401 sign in first");
  });

  test("serves a Fetch handler", async () => {
    const session = signedSession({ secret, load });
    const handler = async (request: Request): Promise<Response> => {
      const ticket = await session.read(request.headers.get("cookie"));
      return new Response(ticket?.id ?? "nobody");
    };
    const cookie = sentBack(await session.issue("1"));
    const [known, unknown] = [
      new Request("http://chat.example", { headers: { cookie } }),
      new Request("http://chat.example"),
    ];
    expect(await (await handler(known)).text()).toBe("1");
    expect(await (await handler(unknown)).text()).toBe("nobody");
  });
});

async function listen(http: Server): Promise<AsyncDisposable & { url: string }> {
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => void http.close(resolve));
    },
  };
}
