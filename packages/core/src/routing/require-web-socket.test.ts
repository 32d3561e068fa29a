import { describe, expect, test } from "vitest";
import type { FunctionOptions, PullSocket } from "../consumer/pull-socket.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { InMemoryChannelLayer } from "../hub/in-memory-channel-layer.ts";
import { runWorker } from "../runner/worker.ts";
import { testServer } from "../testing/test-server.ts";
import { ChannelNameRouter } from "./channel-name-router.ts";
import { listRoutes } from "./list-routes.ts";
import { path } from "./route.ts";
import { requireWebSocket } from "./require-web-socket.ts";
import { URLRouter } from "./url-router.ts";

const isInvalid = expect.toSatisfy((error: unknown) => SolentError.is(error, "CONSUMER_INVALID"));

describe("requireWebSocket", () => {
  test("takes the whole path, and gives its parameters", async () => {
    const room = requireWebSocket((socket) => socket.send(JSON.stringify(socket.params)));
    await using server = testServer(new URLRouter([path("/rooms/:room", room)]));
    expect(await (await server.connect("/rooms/red")).nextFrame()).toBe('{"room":"red"}');
    await expect(server.connect("/rooms/red/more")).rejects.toMatchObject({ details: { status: 404 } });
  });

  test("is listed under its function's name", () => {
    async function echo() {}
    const app = new URLRouter([
      path("/echo", requireWebSocket(echo)),
      path(
        "/",
        requireWebSocket(() => {}),
      ),
    ]);
    expect(listRoutes(app)).toEqual([
      { protocol: "", pattern: "/echo", target: "echo" },
      { protocol: "", pattern: "/", target: "(anonymous consumer)" },
    ]);
  });

  test.each([
    ["no function", "echo", {}, "the handler is no function"],
    ["a consumer class", WebSocketConsumer, {}, "path() takes that as it is"],
    ["an event without a function", () => {}, { events: { "chat.message": true } }, "is no function"],
    ["an event type without a dot", () => {}, { events: { message: () => {} } }, "at least two segments"],
    ["an event type that is Solent's own", () => {}, { events: { "websocket.connect": () => {} } }, "are reserved"],
  ])("refuses %s, and says so", (_what, handler, options, rule) => {
    const make = () => requireWebSocket(handler as () => void, options as FunctionOptions<PullSocket>);
    expect(make).toThrow(isInvalid);
    expect(make).toThrow(rule);
  });

  test("refuses a group that cannot be", () => {
    expect(() => requireWebSocket(() => {}, { groups: ["no spaces"] })).toThrow("no spaces");
  });

  test("serves no worker's channel: nobody would send it a message", async () => {
    const errors: string[] = [];
    const log = (fields: Readonly<Record<string, unknown>>) => void errors.push(String(fields["err"]));
    await using layer = new InMemoryChannelLayer();
    const jobs = new ChannelNameRouter({ jobs: requireWebSocket((socket) => socket.wait()) as never });
    await using _worker = runWorker(jobs, { layer, logger: { info: log, warn: log, error: log } });
    await layer.send("jobs", { type: "job.run" });
    await expect.poll(() => errors).toEqual([expect.stringContaining('the protocol "channel". Given: websocket')]);
  });
});
