import { describe, expect, test } from "vitest";
import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { ChannelConsumer } from "../consumer/channel-consumer.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { addToScope } from "../middleware/middleware.ts";
import { ChannelNameRouter } from "./channel-name-router.ts";
import { listRoutes } from "./list-routes.ts";
import { ProtocolTypeRouter } from "./protocol-type-router.ts";
import { path } from "./route.ts";
import { URLRouter } from "./url-router.ts";

const link = {} as Link;
const scopeOf = (type: string, channel?: string) => ({ type, channel, path: "/", route: [] }) as unknown as Scope;

/** An application that counts, and returns what it was told to. */
function counter(result?: Promise<void>) {
  const app = { count: 0, handle: () => (app.count++, result) };
  return app satisfies Application;
}

class Chat extends WebSocketConsumer {}
class Thumbnails extends ChannelConsumer {}

// What JavaScript could pass.
const untyped = ProtocolTypeRouter as new (protocols: unknown) => ProtocolTypeRouter;

describe("ProtocolTypeRouter", () => {
  test("gives each protocol to its application, and returns what that returns", () => {
    const done = Promise.resolve();
    const [websocket, channel] = [counter(done), counter()];
    const router = new ProtocolTypeRouter({ websocket, channel });
    expect(router.handle(scopeOf("websocket"), link)).toBe(done);
    void router.handle(scopeOf("channel"), link);
    expect([websocket.count, channel.count]).toEqual([1, 1]);
  });

  test.each(["channel", "lifespan", "constructor", "__proto__", "toString"])(
    "refuses the protocol %s, naming what is given",
    (type) => {
      const router = new ProtocolTypeRouter({ websocket: counter(), http: { fetch: () => undefined } });
      expect(() => router.handle(scopeOf(type), link)).toThrow(
        expect.objectContaining({
          code: "ROUTE_PROTOCOL",
          message: `No application is given for the protocol "${type}". Given: websocket, http.`,
        }),
      );
    },
  );

  test("gives requests to a router, where http is one", () => {
    const requests = counter();
    const router = new ProtocolTypeRouter({ http: requests });
    void router.handle(scopeOf("http"), link);
    expect(router.http).toBeUndefined();
    expect(requests.count).toBe(1);
  });

  test("leaves a request listener and a fetch handler to the server", () => {
    const listener = Object.assign(() => undefined, { handle: () => undefined });
    const hono = { fetch: () => undefined };
    expect(new ProtocolTypeRouter({ http: listener }).http).toBe(listener);
    expect(new ProtocolTypeRouter({ http: hono }).http).toBe(hono);
    expect(new ProtocolTypeRouter({}).http).toBeUndefined();
  });

  test("keeps the lifespan for the server", () => {
    const lifespan = { startup: () => ({ a: 1 }) };
    expect(new ProtocolTypeRouter({ lifespan }).lifespan).toBe(lifespan);
  });

  test.each<[string, unknown, string]>([
    ["a misspelt protocol", { websockets: counter() }, "known are http, websocket, channel, lifespan"],
    ["a class for websocket", { websocket: Chat }, "websocket takes a router"],
    ["a class for http", { http: Chat }, "http takes a Node request listener"],
    ["a listener for websocket", { websocket: () => undefined }, "websocket takes a router"],
    ["text", { websocket: "/rooms" }, "it is no application"],
    ["null", { channel: null }, "it is no application"],
  ])("refuses %s", (_, protocols, rule) => {
    expect(() => new untyped(protocols)).toThrow(expect.objectContaining({ code: "ROUTE_INVALID" }));
    expect(() => new untyped(protocols)).toThrow(rule);
  });
});

describe("ChannelNameRouter", () => {
  test("gives each channel to its application", () => {
    const [thumbnails, mails] = [counter(), counter()];
    const router = new ChannelNameRouter({ thumbnails, "mails.out": mails });
    void router.handle(scopeOf("channel", "thumbnails"), link);
    void router.handle(scopeOf("channel", "mails.out"), link);
    expect([thumbnails.count, mails.count]).toEqual([1, 1]);
  });

  test.each([undefined, "thumbnail", "constructor", "__proto__"])(
    "refuses the channel %s, naming those it has",
    (channel) => {
      const router = new ChannelNameRouter({ thumbnails: Thumbnails });
      expect(() => router.handle(scopeOf("channel", channel), link)).toThrow(
        expect.objectContaining({ code: "ROUTE_NOT_FOUND", details: expect.objectContaining({ tried: "thumbnails" }) }),
      );
    },
  );

  test("refuses what is no worker", () => {
    const untypedNames = ChannelNameRouter as new (channels: unknown) => unknown;
    expect(() => new untypedNames({ thumbnails: 5 })).toThrow('The route "thumbnails" is not usable');
    expect(() => new untypedNames(undefined)).toThrow("takes an object of channel names");
  });
});

describe("listRoutes", () => {
  test("lists every route, through nested routers and middleware", () => {
    const session = addToScope(() => ({ user: "ann" }));
    const inner = new URLRouter([path("", Chat), path("rooms/:room", Chat)]);
    const app = new ProtocolTypeRouter({
      http: () => undefined,
      websocket: session(new URLRouter([path("/orgs/:org", session(inner)), path("/own", counter())])),
      channel: new ChannelNameRouter({ thumbnails: Thumbnails }),
    });
    expect(listRoutes(app)).toEqual([
      { protocol: "http", pattern: "*", target: "request listener" },
      { protocol: "websocket", pattern: "/orgs/:org", target: "Chat" },
      { protocol: "websocket", pattern: "/orgs/:org/rooms/:room", target: "Chat" },
      { protocol: "websocket", pattern: "/own", target: "application" },
      { protocol: "channel", pattern: "thumbnails", target: "Thumbnails" },
    ]);
  });

  test("begins at any router", () => {
    expect(listRoutes(new URLRouter([path("/rooms", Chat)]))).toEqual([
      { protocol: "", pattern: "/rooms", target: "Chat" },
    ]);
    expect(listRoutes(new ProtocolTypeRouter({ http: { fetch: () => undefined } }))).toEqual([
      { protocol: "http", pattern: "*", target: "fetch" },
    ]);
  });
});
