import { describe, expect, test } from "vitest";
import { Log } from "../../../../test/support/log.ts";
import { connect, refused } from "../../../../test/support/peer.ts";
import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { serve, type ServeOptions, type SolentServer } from "../server/serve.ts";
import { allowOrigins, defaultAdmission, type OriginOptions, type Origins } from "./allow-origins.ts";
import { middleware } from "./middleware.ts";

class Echo extends WebSocketConsumer {
  override receive(text: string) {
    this.send(text);
  }
}

class World implements AsyncDisposable {
  readonly log: Log;
  readonly server: SolentServer;

  constructor(log: Log, server: SolentServer) {
    this.log = log;
    this.server = server;
  }

  /** The status with which a page's handshake is answered. */
  async status(headers: Record<string, string>): Promise<number> {
    const { port } = this.server;
    try {
      await using _peer = await connect(port, { headers });
      return 101;
    } catch {
      return (await refused(port, { headers })).status;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

async function world(origins: Origins, options?: OriginOptions): Promise<World> {
  const log = new Log();
  const app = allowOrigins(origins, options)(new URLRouter([path("/", Echo)]));
  return new World(
    log,
    await serve(new ProtocolTypeRouter({ websocket: app }), { port: 0, host: "127.0.0.1", logger: log }),
  );
}

// What the original's own test checks, row by row; where the answer differs, the row says so.
const parity: readonly (readonly [what: string, origins: Origins, origin: string | undefined, status: number])[] = [
  ["a plain domain", ["allowed-domain.com"], "http://allowed-domain.com", 101],
  ["another domain", ["allowed-domain.com"], "http://bad-domain.com", 403],
  ["a subdomain by a pattern with a dot", [".allowed-domain.com"], "http://www.allowed-domain.com", 101],
  ["scheme and domain", ["http://allowed-domain.com"], "http://allowed-domain.com", 101],
  ["another scheme", ["http://allowed-domain.com"], "https://bad-domain.com", 403],
  ["another scheme of the same domain", ["http://allowed-domain.com"], "https://allowed-domain.com", 403],
  ["another host behind the scheme", ["https://allowed-domain.com:443"], "https://bad-domain.com:443", 403],
  ["another port", ["http://allowed-domain.com:8000"], "http://allowed-domain.com:80", 403],
  ["no Origin at all where everything is allowed", ["*"], undefined, 101],
  ["any Origin where nothing is allowed", [], "http://allowed-domain.com", 403],
  ["an empty Origin", [".allowed-domain.com"], "", 403],
  ["an unparsable Origin", [".allowed-domain.com"], "http://[invalid", 403],
  ["the Origin null", [".allowed-domain.com"], "null", 403],
  ["the Origin null where everything is allowed", "*", "null", 101],
  ["a host and a port without a scheme", "localhost:3000", "http://localhost:3000", 101],
  ["another port of a host with a port", "localhost:3000", "http://localhost:4000", 403],
  ["another port of an address with a port", ["127.0.0.1:3000"], "http://127.0.0.1:4000", 403],
  ["two Origins in one header", [".allowed-domain.com"], "http://allowed-domain.com, http://bad-domain.com", 403],
];

describe("allowOrigins", () => {
  test.each(parity)("answers %s (%j, Origin %j) with %i", async (_what, origins, origin, status) => {
    await using server = await world(origins);
    expect(await server.status(origin === undefined ? {} : { origin })).toBe(status);
  });

  test("refuses *.domain with a sentence, where the original matches nothing", () => {
    expect(() => allowOrigins("*.allowed-domain.com")).toThrow(
      'The option "allowOrigins" is "*.allowed-domain.com": write ".allowed-domain.com" for the domain and all its subdomains.',
    );
  });

  test("refuses what is no pattern", () => {
    expect(() => allowOrigins([/good/] as unknown as string[])).toThrow("it is a pattern or a list of patterns");
    expect(() => allowOrigins(undefined as unknown as string)).toThrow("it is a pattern or a list of patterns");
  });

  test("lets the server's own pages in, and nobody else's", async () => {
    await using server = await world("same-host");
    const own = `127.0.0.1:${server.server.port}`;
    expect(await server.status({ origin: `http://${own}` })).toBe(101);
    expect(await server.status({ origin: "http://127.0.0.1" })).toBe(403);
    expect(await server.status({ origin: `http://localhost:${server.server.port}` })).toBe(403);
    expect(await server.status({ origin: `http://${own}.bad.com` })).toBe(403);
    expect(await server.status({ origin: "https://bad.com" })).toBe(403);
    expect(await server.status({ origin: "null" })).toBe(403);
  });

  test.each([
    ["https://chat.example", "chat.example", 101],
    ["https://chat.example", "CHAT.example:443", 101],
    ["http://chat.example", "chat.example:80", 101],
    ["https://chat.example:8443", "chat.example:8443", 101],
    ["https://chat.example:8443", "chat.example", 403],
    ["https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example", 101],
    ["http://[::1]:3000", "[::1]:3000", 101],
    ["http://chat.example", "chat.example@bad.com", 403],
    ["http://chat.example", "", 403],
  ])("compares Origin %s with Host %j: %i", async (origin, host, status) => {
    await using server = await world("same-host");
    expect(await server.status({ origin, host })).toBe(status);
  });

  test("lets the server's own pages in beside others that are listed", async () => {
    await using server = await world(["same-host", "https://admin.example"]);
    expect(await server.status({ origin: `http://127.0.0.1:${server.server.port}` })).toBe(101);
    expect(await server.status({ origin: "https://admin.example" })).toBe(101);
    expect(await server.status({ origin: "https://bad.example" })).toBe(403);
  });

  test("lets clients in that are no browsers, unless an Origin is required", async () => {
    await using open = await world("same-host");
    expect(await open.status({})).toBe(101);
    await using strict = await world("same-host", { requireOrigin: true });
    expect(await strict.status({})).toBe(403);
    expect(await strict.status({ origin: `http://127.0.0.1:${strict.server.port}` })).toBe(101);
  });

  test("believes X-Forwarded-Host only where it is told to trust the proxy", async () => {
    const headers = {
      origin: "https://chat.example",
      host: "upstream:8000",
      "x-forwarded-host": "chat.example, inner",
    };
    await using plain = await world("same-host");
    expect(await plain.status(headers)).toBe(403);
    await using behindProxy = await world("same-host", { trustProxy: true });
    expect(await behindProxy.status(headers)).toBe(101);
    expect(await behindProxy.status({ origin: "https://chat.example", host: "chat.example" })).toBe(101);
    expect(await behindProxy.status({ ...headers, origin: "https://upstream:8000" })).toBe(403);
  });

  test("says why in the answer, and once for each origin in the log", async () => {
    await using server = await world("same-host");
    const { port } = server.server;
    const refusal = await refused(port, { headers: { origin: "https://bad.example" } });
    expect(refusal).toMatchObject({ status: 403, body: "origin not allowed\n" });
    await refused(port, { headers: { origin: "https://bad.example" } });
    await refused(port, { headers: { origin: "https://worse.example" } });
    expect(server.log.lines.map(({ level, fields }) => [level, fields["origin"], fields["host"]])).toEqual([
      ["warn", "https://bad.example", `127.0.0.1:${port}`],
      ["warn", "https://worse.example", `127.0.0.1:${port}`],
    ]);
  });

  test("does not let strangers fill the log", () => {
    const log = new Log();
    const link = { id: "1", environment: { logger: log }, deny: () => {} } as unknown as Link;
    const admit = defaultAdmission("same-host");
    for (let index = 0; index < 1_000; index++) admit(scopeFrom(`https://${index}.bad.example`), link);
    admit(scopeFrom(`https://${"x".repeat(10_000)}`), link);
    expect(log.lines).toHaveLength(101);
    expect(log.lines.at(-1)?.message).toContain("further ones are not logged");
  });
});

function scopeFrom(origin: string): Scope {
  return { type: "websocket", path: "/", headers: { origin, host: "good.example" } } as unknown as Scope;
}

describe("the rule of a server", () => {
  const echo = new URLRouter([path("/", Echo), path("/:any*", Echo)]);

  async function answer(app: Application<object>, origin: string, options: ServeOptions = {}): Promise<number> {
    const router = new ProtocolTypeRouter({ websocket: app });
    const log = new Log();
    await using server = new World(log, await serve(router, { port: 0, host: "127.0.0.1", logger: log, ...options }));
    return await server.status({ origin: origin.replace("{port}", String(server.server.port)) });
  }

  test("lets in its own pages only, where the application says nothing", async () => {
    expect(await answer(echo, "https://bad.example")).toBe(403);
    expect(await answer(echo, "null")).toBe(403);
    expect(await answer(echo, "http://127.0.0.1:{port}")).toBe(101);
  });

  test("is an option", async () => {
    expect(await answer(echo, "https://friend.example", { origins: ["https://friend.example"] })).toBe(101);
    expect(await answer(echo, "https://bad.example", { origins: ["https://friend.example"] })).toBe(403);
    expect(await answer(echo, "null", { origins: "*" })).toBe(101);
    await expect(answer(echo, "null", { origins: "*.friend.example" })).rejects.toThrow('write ".friend.example"');
  });

  test("gives way to an allowOrigins around the consumer", async () => {
    const app = allowOrigins("https://friend.example")(echo);
    expect(await answer(app, "https://friend.example")).toBe(101);
    expect(await answer(app, "https://bad.example", { origins: "*" })).toBe(403);
  });

  test("gives way to one that stands inside other middleware", async () => {
    const app = middleware((_scope, _link, next) => next({}))(allowOrigins("*")(echo));
    expect(await answer(app, "https://friend.example")).toBe(101);
  });

  test("holds for a route behind one that let everybody in and did not match after all", async () => {
    const open = (at: "/" | "/elsewhere"): Application<object> =>
      new URLRouter([path("", allowOrigins("*")(new URLRouter([path(at, Echo)]))), path("/", Echo)]);
    expect(await answer(open("/"), "https://bad.example")).toBe(101);
    expect(await answer(open("/elsewhere"), "https://bad.example")).toBe(403);
    expect(await answer(open("/elsewhere"), "http://127.0.0.1:{port}")).toBe(101);
  });

  test("does not concern workers, which have no browser behind them", () => {
    const scope = { ...scopeFrom("https://bad.example"), type: "channel" } as Scope;
    expect(defaultAdmission("same-host", { requireOrigin: true })(scope, {} as Link)).toBe(true);
  });
});
