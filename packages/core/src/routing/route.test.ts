import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ChannelConsumer } from "../consumer/channel-consumer.ts";
import { Consumer } from "../consumer/consumer.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { contract } from "../contract/contract.ts";
import { path } from "./route.ts";

// What JavaScript could pass.
const untyped = path as (pattern: unknown, target: unknown) => unknown;

const line = z.object({ text: z.string() });

describe("path", () => {
  test("takes consumers of every kind and applications", () => {
    class Raw extends WebSocketConsumer {}
    class Low extends Consumer {}
    class Worker extends ChannelConsumer {}
    const app = { handle: () => undefined };
    for (const target of [Raw, Low, Worker, app])
      expect(untyped("/a", target)).toMatchObject({ pattern: "/a", target });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "ChatConsumer"],
    ["a function", () => undefined],
    ["a class of something else", class Foo {}],
    ["an instance", { connect: () => undefined }],
    ["a list of routes", []],
  ])("refuses %s as a target", (_, target) => {
    expect(() => untyped("/a", target)).toThrow(
      /neither a consumer class nor an application|does not extend a Solent consumer/,
    );
  });

  test.each([undefined, 5, /rooms/])("refuses %s as a pattern", (pattern) => {
    class Raw extends WebSocketConsumer {}
    expect(() => untyped(pattern, Raw)).toThrow("a pattern is text");
  });

  test("names every handler that is missing", () => {
    const chat = contract({ events: { "chat.message": line, "chat.left": line } });
    class Chat extends WebSocketConsumer.of(chat) {}
    expect(() => untyped("/rooms", Chat)).toThrow("add the methods chat_message(event), chat_left(event)");
  });

  test("refuses a handler for an event that is forwarded", () => {
    const chat = contract({ toClient: { said: line }, events: { "chat.message": { forward: "said" } } });
    class Chat extends WebSocketConsumer.of(chat) {
      chat_message() {}
    }
    expect(() => untyped("/rooms", Chat)).toThrow('the contract forwards "chat.message"');
  });

  describe("with params in the contract", () => {
    const room = contract({
      params: z.object({ org: z.string(), room: z.string().min(3), page: z.string().optional() }),
    });
    class Room extends WebSocketConsumer.of(room) {}

    test("refuses a complete pattern that lacks one", () => {
      expect(() => untyped("/orgs", Room)).toThrow("it lacks :org, :room, which the params of Room demand");
      expect(() => untyped("/rooms/:room", Room)).toThrow("it lacks :org,");
    });

    test("takes a pattern that captures them all, or that a router around it may complete", () => {
      untyped("/orgs/:org/:room", Room);
      untyped("/orgs/:org/:room/:page", Room);
      untyped("rooms/:room", Room);
    });

    test("does not take a rule between the params for a missing one", () => {
      const range = contract({
        params: z.object({ from: z.string(), to: z.string(), step: z.string().optional() }).check((at) => {
          if (at.value.from === "a") at.issues.push({ code: "custom", message: "no", path: ["step"], input: at.value });
        }),
      });
      class Range extends WebSocketConsumer.of(range) {}
      untyped("/:from/:to", Range);
    });

    test("says so when the schema is asynchronous", () => {
      const later = contract({ params: z.object({ room: z.string() }).refine(async () => true) });
      class Later extends WebSocketConsumer.of(later) {}
      expect(() => untyped("/:room", Later)).toThrow('The schema of "params" validates asynchronously');
    });
  });
});
