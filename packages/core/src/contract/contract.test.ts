import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SolentError } from "../errors/solent-error.ts";
import { contract } from "./contract.ts";
import { tablesOf } from "./tables.ts";

const line = z.object({ from: z.string(), text: z.string().min(1) });

// What JavaScript, or a definition put together at run time, could pass.
const untyped = contract as (definition: unknown) => ReturnType<typeof contract>;

function refusal(definition: unknown): string {
  try {
    untyped(definition);
  } catch (error) {
    if (SolentError.is(error, "CONTRACT_INVALID")) return error.message;
    throw error;
  }
  throw new Error("the definition was taken");
}

describe("contract", () => {
  test("takes a definition without any section", () => {
    const tables = tablesOf(contract({}));
    expect([tables.params, tables.presence]).toEqual([undefined, undefined]);
    expect([tables.toServer.size, tables.toClient.size, tables.events.size]).toEqual([0, 0, 0]);
  });

  test("reads a schema and the long form alike", () => {
    const reply = z.object({ id: z.string() });
    const muted = z.object({ untilMs: z.number() });
    const { toServer } = tablesOf(
      contract({
        toServer: {
          mark: line,
          say: { data: line, reply, errors: { muted, gone: {}, full: { data: muted } }, delivery: "once" },
          typing: { delivery: "volatile" },
          ping: {},
        },
      }),
    );
    const plain = { data: undefined, reply: undefined, errors: new Map(), delivery: undefined, key: undefined };
    expect(toServer.get("mark")).toEqual({ ...plain, type: "mark", data: line });
    expect(toServer.get("say")).toEqual({
      ...plain,
      type: "say",
      data: line,
      reply,
      errors: new Map<string, unknown>([
        ["muted", muted],
        ["gone", undefined],
        ["full", muted],
      ]),
      delivery: "once",
    });
    expect(toServer.get("typing")).toEqual({ ...plain, type: "typing", delivery: "volatile" });
    expect(toServer.get("ping")).toEqual({ ...plain, type: "ping" });
  });

  test("gives each event its handler, or the message it is forwarded as", () => {
    const { events, toClient } = tablesOf(
      contract({
        toClient: { cursor: { data: line, delivery: "latest", key: "from" } },
        events: {
          "chat.message.new": line,
          "cursor.move": { forward: "cursor" },
          "cursor.drop": { forward: "cursor", delivery: "volatile" },
          "room.note": { data: line, delivery: "atLeastOnce" },
        },
      }),
    );
    expect(events.get("chat.message.new")).toMatchObject({
      handler: "chat_message_new",
      data: line,
      forward: undefined,
    });
    expect(events.get("cursor.move")).toMatchObject({
      forward: toClient.get("cursor"),
      data: line,
      delivery: "latest",
      key: "from",
    });
    expect(events.get("cursor.drop")).toMatchObject({ delivery: "volatile", key: "from" });
    expect(events.get("room.note")).toMatchObject({ delivery: "atLeastOnce", key: undefined });
  });

  test("has no entry under the names of an object's prototype", () => {
    const { toServer, events } = tablesOf(contract({ toServer: { say: line }, events: { "a.b": line } }));
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect([toServer.get(name), events.get(name)]).toEqual([undefined, undefined]);
    }
  });

  test("keeps its sections to be spread into another contract", () => {
    const site = contract({ events: { "site.notice": line } });
    const chat = contract({ events: { ...site.events, "chat.message": line } });
    expect([...tablesOf(chat).events.keys()]).toEqual(["site.notice", "chat.message"]);
  });

  test.each<[string, unknown, string]>([
    ["no object", 5, '"contract"'],
    ["a schema as the whole", line, '"contract"'],
    ["a misspelt section", { toSever: {} }, '"toSever" is unknown here'],
    ["a section that is a schema", { toServer: line }, '"toServer"'],
    ["a section that is a list", { toServer: [line] }, '"toServer"'],
    ["params that are no schema", { params: {} }, '"params"'],
    ["a message that is no schema", { toServer: { say: 5 } }, '"toServer.say"'],
    ["a null message", { toServer: { say: null } }, '"toServer.say"'],
    ["a misspelt part", { toServer: { say: { dat: line } } }, '"dat" is unknown here; known are data, reply'],
    ["data that is no schema", { toServer: { say: { data: "text" } } }, '"toServer.say.data"'],
    ["a reply that is no schema", { toClient: { ask: { reply: true } } }, '"toClient.ask.reply"'],
    ["an upper-case message", { toServer: { Say: line } }, "a message type is a lower-case letter"],
    ["a message with a dot", { toServer: { "say.it": line } }, "a message type is a lower-case letter"],
    ["a message too long", { toServer: { ["s".repeat(65)]: line } }, "at most 64"],
    [
      "an error code with a dash",
      { toServer: { say: { errors: { "no-way": {} } } } },
      "an error code is a lower-case letter",
    ],
    ["an error that is no schema", { toServer: { say: { errors: { no: 7 } } } }, '"toServer.say.errors.no"'],
    [
      "a delivery nobody knows",
      { toServer: { say: { delivery: "latst" } } },
      '"volatile", "latest", "atLeastOnce", "once"',
    ],
    ["a delivery of a prototype", { toServer: { say: { delivery: "constructor" } } }, "delivery is one of"],
    ["latest without key", { toClient: { cursor: { data: line, delivery: "latest" } } }, 'delivery "latest" needs key'],
    ["a key that is a function", { toClient: { c: { data: line, key: () => "a" } } }, "key is the name of a field"],
    ["an empty key", { toClient: { c: { data: line, key: "" } } }, "key is the name of a field"],
    ["an event without a dot", { events: { message: line } }, "in at least two segments"],
    ["an event of a prototype", { events: { constructor: line } }, "in at least two segments"],
    ["a reserved event", { events: { "presence.join": line } }, 'begin with "presence." are reserved'],
    [
      "a forward to nothing",
      { toClient: { said: line }, events: { "a.b": { forward: "sad" } } },
      'no message of toClient: "sad"',
    ],
    [
      "a forward to a prototype",
      { toClient: {}, events: { "a.b": { forward: "toString" } } },
      "no message of toClient",
    ],
    ["a forward that is no name", { events: { "a.b": { forward: 5 } } }, "no message of toClient: number"],
    [
      "a forward with data",
      { toClient: { said: line }, events: { "a.b": { forward: "said", data: line } } },
      '"data" is unknown here',
    ],
    ["an event with a reply", { events: { "a.b": { data: line, reply: line } } }, '"reply" is unknown here'],
  ])("refuses %s", (_, definition, part) => {
    expect(refusal(definition)).toContain(part);
  });

  test("latest on a pass-through takes the key of its message, and needs one", () => {
    expect(refusal({ toClient: { said: line }, events: { "a.b": { forward: "said", delivery: "latest" } } })).toContain(
      "needs key",
    );
  });
});

describe("~validateEvent", () => {
  const chat = contract({
    toClient: { said: line, pong: {} },
    events: {
      "chat.message": { forward: "said" },
      "chat.ping": { forward: "pong" },
      "chat.clear": {},
      "chat.notice": z.object({ title: z.string().trim() }),
    },
  });

  test("gives what the schema gives", () => {
    expect(chat["~validateEvent"]("chat.notice", { title: "  hi ", extra: 1 })).toEqual({ title: "hi" });
    expect(chat["~validateEvent"]("chat.message", { from: "ann", text: "hi" })).toEqual({ from: "ann", text: "hi" });
  });

  test("takes nothing or an empty record for an event without data, and nothing else", () => {
    expect(chat["~validateEvent"]("chat.clear", undefined)).toEqual({});
    expect(chat["~validateEvent"]("chat.ping", {})).toEqual({});
    expect(() => chat["~validateEvent"]("chat.clear", { a: 1 })).toThrow("this event carries no data");
  });

  test("says which event, where and what, without the value", () => {
    let caught: unknown;
    try {
      chat["~validateEvent"]("chat.message", { from: "ann", text: 5_551_234 });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: "CONTRACT_MISMATCH", details: { type: "chat.message", path: "text" } });
    expect(String(caught)).not.toContain("5551234");
  });

  test.each(["chat.unknown", "constructor", "__proto__"])("refuses the event %s, which it does not have", (type) => {
    expect(() => chat["~validateEvent"](type, {})).toThrow(expect.objectContaining({ code: "EVENT_INVALID" }));
  });

  test("refuses fields that the compiler could not see", () => {
    const loose = contract({ events: { "a.b": z.any(), "a.c": z.record(z.string(), z.unknown()) } });
    for (const data of [5, "text", null, [1]]) {
      expect(() => loose["~validateEvent"]("a.b", data)).toThrow("an event is a record of fields");
    }
    expect(() => loose["~validateEvent"]("a.c", { type: "x" })).toThrow('a field called "type"');
  });
});
