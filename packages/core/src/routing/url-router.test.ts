import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { applicationOf } from "../runner/application-of.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { contract } from "../contract/contract.ts";
import { SolentError } from "../errors/solent-error.ts";
import { addToScope, middleware } from "../middleware/middleware.ts";
import { testServer } from "../testing/test-server.ts";
import { path } from "./route.ts";
import { URLRouter } from "./url-router.ts";

function scopeOf(at: string, more: Partial<Scope> = {}): Scope {
  return {
    type: "websocket",
    path: at,
    pathRemaining: at,
    rawPath: at,
    rootPath: "",
    queryString: "",
    headers: {},
    method: "GET",
    httpVersion: "1.1",
    subprotocols: [],
    params: {},
    route: [],
    scheme: "ws",
    client: undefined,
    channel: undefined,
    state: {},
    ...more,
  };
}

// Routers only hand the link on; these tests look at the scope.
const link = { state: "connecting" } as Link;

/** An application that notes the scopes it gets, and takes only what a consumer would: the end of a path. */
class Taker implements Application {
  readonly scopes: Scope[] = [];
  handle(scope: Scope): void {
    if (scope.pathRemaining !== "") throw new SolentError("ROUTE_NOT_FOUND", { path: scope.path, tried: "" });
    this.scopes.push(scope);
  }
  get params(): unknown {
    return this.scopes.at(-1)?.params;
  }
}

/** The error of a router that matches nothing. */
async function refusal(app: Application<never>, scope: Scope): Promise<SolentError> {
  try {
    await app.handle(scope, link);
  } catch (error) {
    if (SolentError.is(error, "ROUTE_NOT_FOUND")) return error;
    throw error;
  }
  throw new Error(`${scope.path} was taken`);
}

describe("URLRouter", () => {
  test("gives a connection to the first route that matches", () => {
    const [home, foo, named] = [new Taker(), new Taker(), new Taker()];
    const router = new URLRouter([
      path("/", home),
      path("/foo/", foo),
      path("/:name", named),
      path("/:other", new Taker()),
    ]);
    for (const at of ["/", "/foo/", "/ann"]) void router.handle(scopeOf(at), link);
    expect([home.scopes.length, foo.scopes.length, named.params]).toEqual([1, 1, { name: "ann" }]);
  });

  test("tells the routes it tried when none matches", async () => {
    const router = new URLRouter([path("/rooms/:room", new Taker()), path("/about", new Taker())]);
    const error = await refusal(router, scopeOf("/nowhere"));
    expect(error.message).toBe('No route matches "/nowhere". Routes tried: /rooms/:room, /about.');
  });

  test("tells at most fifty routes", async () => {
    const routes = Array.from({ length: 60 }, (_, index) => path(`/a${index}`, new Taker()));
    expect((await refusal(new URLRouter(routes), scopeOf("/b"))).message).toMatch(/\/a49 and 10 more\.$/);
  });

  test("counts a slash at the end, doubled slashes and case", async () => {
    const router = new URLRouter([path("/rooms/:room", new Taker())]);
    for (const at of ["/rooms/red/", "//rooms/red", "/rooms//red", "/Rooms/red", "/rooms"]) {
      await refusal(router, scopeOf(at));
    }
  });

  test("compares with the decoded path", () => {
    const taker = new Taker();
    void new URLRouter([path("/rooms/:room", taker)]).handle(
      scopeOf("/rooms/é %41", { rawPath: "/rooms/%C3%A9%20%2541" }),
      link,
    );
    expect(taker.params).toEqual({ room: "é %41" });
  });

  test("copies the scope and says where it is", () => {
    const taker = new Taker();
    const scope = Object.freeze(scopeOf("/rooms/red"));
    void new URLRouter([path("/rooms/:room", taker)]).handle(scope, link);
    expect(taker.scopes[0]).toEqual({ ...scope, pathRemaining: "", params: { room: "red" }, route: ["/rooms/:room"] });
  });

  test("merges the parameters of nested routers, the inner ones winning", () => {
    const taker = new Taker();
    const inner = new URLRouter([path("rooms/:room", taker), path("again/:org", taker)]);
    const outer = new URLRouter([path("/orgs/:org", inner)]);
    void outer.handle(scopeOf("/orgs/acme/rooms/red"), link);
    expect(taker.params).toEqual({ org: "acme", room: "red" });
    expect(taker.scopes[0]?.route).toEqual(["/orgs/:org", "rooms/:room"]);
    void outer.handle(scopeOf("/orgs/acme/again/other"), link);
    expect(taker.params).toEqual({ org: "other" });
  });

  test("lets an inner router work alone", () => {
    const taker = new Taker();
    void new URLRouter([path("rooms/:room", taker)]).handle(scopeOf("/rooms/red"), link);
    expect(taker.params).toEqual({ room: "red" });
  });

  test("goes on with its next route when a router inside matches nothing", () => {
    const taker = new Taker();
    const deepest = new URLRouter([path("three", new Taker())]);
    const deeper = new URLRouter([path("two", deepest), path("two/four", new Taker())]);
    const router = new URLRouter([path("/one", deeper), path("/one/two/five", taker)]);
    void router.handle(scopeOf("/one/two/five"), link);
    expect(taker.scopes).toHaveLength(1);
  });

  test("tells the whole patterns of the routers inside", async () => {
    const inner = new URLRouter([path("rooms/:room", new Taker()), path("/", new Taker())]);
    const router = new URLRouter([path("/orgs/:org", inner), path("/about", new Taker())]);
    expect((await refusal(router, scopeOf("/orgs/acme/x"))).details["routes"]).toEqual([
      "/orgs/:org/rooms/:room",
      "/orgs/:org/",
      "/about",
    ]);
  });

  test("routers nest through any middleware, synchronous or not", async () => {
    const taker = new Taker();
    const inner = () => new URLRouter([path("rooms/:room", taker)]);
    const session = addToScope(async () => ({ user: "ann" }));
    const locale = middleware((_scope, _link, next) => next({ language: "en" }));
    const byHand: Application = { handle: (scope, at) => inner().handle({ ...scope, rawPath: "seen" }, at) };
    const router = new URLRouter([
      path("/a/:org", session(locale(inner()))),
      path("/b/:org", byHand),
      path("/a/:org/about", taker),
    ]);
    await router.handle(scopeOf("/a/acme/rooms/red"), link);
    expect(taker.scopes[0]).toMatchObject({ user: "ann", language: "en", params: { org: "acme", room: "red" } });
    await router.handle(scopeOf("/b/acme/rooms/red"), link);
    expect(taker.scopes[1]).toMatchObject({ rawPath: "seen", params: { org: "acme", room: "red" } });
    // Nothing in there matches: the router outside goes on behind the middleware's promise.
    await router.handle(scopeOf("/a/acme/about"), link);
    expect(taker.scopes[2]).not.toHaveProperty("user");
    expect((await refusal(router, scopeOf("/a/acme/x"))).details["routes"]).toEqual([
      "/a/:org/rooms/:room",
      "/b/:org",
      "/a/:org/about",
    ]);
  });

  test("throws on what is no statement about routes", async () => {
    const failing: Application = {
      handle() {
        throw new Error("down");
      },
    };
    const rejecting: Application = { handle: () => Promise.reject(new Error("down later")) };
    const router = new URLRouter([
      path("/a", failing),
      path("/b", rejecting),
      path("/a/x", new Taker()),
      path("/b/x", new Taker()),
    ]);
    expect(() => router.handle(scopeOf("/a/x"), link)).toThrow("down");
    await expect(router.handle(scopeOf("/b/x"), link)).rejects.toThrow("down later");
  });

  test("cuts the root path off once, before the outermost router", async () => {
    const taker = new Taker();
    const router = new URLRouter([path("/orgs", new URLRouter([path("/rooms", taker)])), path("", taker)]);
    for (const rootPath of ["/root", "/root/"]) {
      void router.handle(scopeOf("/root/orgs/rooms", { rootPath }), link);
      void router.handle(scopeOf("/root", { rootPath }), link);
    }
    expect(taker.scopes).toHaveLength(4);
    for (const at of ["/orgs/rooms", "/root/root/orgs/rooms", "/rooted/orgs/rooms", "/orgs/root/rooms"]) {
      await refusal(router, scopeOf(at, { rootPath: "/root" }));
    }
    expect((await refusal(router, scopeOf("/x", { rootPath: "/root" }))).message).toContain(
      'outside the root path "/root"',
    );
  });

  test("refuses routes that were not made by path()", () => {
    const untyped = URLRouter as new (routes: unknown) => unknown;
    for (const routes of [undefined, {}, [Taker], ["/rooms"], [null]]) {
      expect(() => new untyped(routes)).toThrow("made by path()");
    }
  });

  test("refuses a route that a route before it hides", () => {
    class Room extends WebSocketConsumer {}
    expect(() => new URLRouter([path("/a/:x", Room), path("/a/:y", Room)])).toThrow(
      '"/a/:x" before it takes the same paths',
    );
    // A consumer whose params may not fit, and an application, may leave a path to the next route.
    const numbered = contract({ params: z.object({ n: z.coerce.number() }) });
    class Numbered extends WebSocketConsumer.of(numbered) {}
    expect(
      new URLRouter([path("/a/:n", Numbered), path("/a/:x", Room), path("/b", new Taker()), path("/b", Room)]).routes,
    ).toHaveLength(4);
  });
});

describe("routes to consumers", () => {
  const numbered = contract({ params: z.object({ page: z.coerce.number().int() }), toClient: { page: z.number() } });
  class Page extends WebSocketConsumer.of(numbered) {
    override async connect() {
      const admission = this.accept();
      this.send("page", this.params.page + 1);
      return admission;
    }
  }
  class Fallback extends WebSocketConsumer {
    override connect() {
      const admission = this.accept();
      this.send(`no number: ${this.params["name"]}`);
      return admission;
    }
  }

  test("give the consumer what the schema of its params gives", async () => {
    await using server = testServer(new URLRouter([path("/pages/:page", Page)]));
    const client = await server.connect("/pages/41");
    expect(await client.nextFrame()).toContain("42");
  });

  test("go on with the next route when the params do not fit, behind middleware too", async () => {
    const session = addToScope(async () => ({ user: "ann" }));
    const router = new URLRouter([
      path("/pages/:page", Page),
      path("/pages/:page", session(applicationOf(Page as never))),
      path("/pages/:name", Fallback),
    ]);
    await using server = testServer(router);
    const client = await server.connect("/pages/first");
    expect(await client.nextFrame()).toBe("no number: first");
  });

  test("say which param does not fit", async () => {
    const error = await refusal(new URLRouter([path("/pages/:page", Page)]), scopeOf("/pages/first"));
    expect(error.message).toContain("/pages/:page (params: page does not fit the contract of Page)");
    expect(error.message).not.toContain("first)");
  });

  test("need the whole path, behind middleware too", async () => {
    const session = addToScope(() => ({ user: "ann" }));
    const router = new URLRouter([path("/echo", Fallback), path("/mine", session(applicationOf(Fallback)))]);
    for (const at of ["/echo/x", "/echo/", "/mine/x", "/mine/"]) await refusal(router, scopeOf(at));
    await using server = testServer(router);
    expect(await (await server.connect("/mine")).nextFrame()).toContain("no number");
  });
});
