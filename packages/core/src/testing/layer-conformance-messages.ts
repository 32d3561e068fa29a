import type { EventContract } from "../layer/contract-group.ts";
import { SolentError } from "../errors/solent-error.ts";
import { type ConformanceCase, equal, holds, oneLayer, Recorder, rejects } from "./layer-conformance-case.ts";

type Anything = Record<string, unknown>;

class Point {
  x = 1;
}

function cyclic(): Anything {
  const value: Anything = {};
  value["self"] = { inside: value };
  return value;
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)];
}

const contract = {
  events: { "chat.message": {} },
  toClient: {},
  "~validateEvent": (type: string, data: unknown): Anything => {
    if (type !== "chat.message") throw new SolentError("EVENT_INVALID", { type, rule: "there is no such event" });
    return { text: "checked", was: data === undefined ? null : data };
  },
} satisfies EventContract;

const unsendable: readonly (readonly [string, unknown, string])[] = [
  ["a function", () => 1, ".field"],
  ["a symbol", Symbol("s"), ".field"],
  ["a bigint", 1n, ".field"],
  ["NaN", Number.NaN, ".field"],
  ["Infinity", Infinity, ".field"],
  ["a date", new Date(0), ".field"],
  ["a map", new Map(), ".field"],
  ["an instance of a class", new Point(), ".field"],
  ["other typed arrays", new Float64Array(1), ".field"],
  ["undefined in an array", { list: [1, undefined] }, ".field.list[1]"],
  ["a function deep inside", { a: [{ b: () => 1 }] }, ".field.a[0].b"],
  ["a value inside itself", cyclic(), ".field.self.inside"],
  ["too many levels", deep(100), ".field[0]"],
];

/** Events: what may travel, what arrives, and what is refused. */
export const messageCases: readonly ConformanceCase[] = [
  {
    name: "carries every JSON value and bytes, unchanged",
    async run(harness) {
      const layer = await oneLayer(harness);
      const data = {
        text: "Привет, 世界 \u0000 \ud83d\ude00 \u2028",
        numbers: [0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER],
        words: [true, false, null],
        nested: { empty: {}, list: [], "with.dot": [[{}]] },
        bytes: new Uint8Array([0, 255, 7]),
        more: [new Uint8Array(0), { inside: new Uint8Array([1]) }],
      };
      const member = new Recorder();
      const seat = layer.attach(member);
      await seat.join("room");
      await layer.publish("room", { type: "all.values", data });
      await layer.groupSend("room", { type: "all.values", ...data });
      await layer.send(seat.channelName, { type: "all.values", ...data });
      await member.until(3);
      for (const message of member.messages) equal(message.data, data, "what arrived");
      await layer.send("plain", { type: "all.values", ...data });
      equal(await layer.receive("plain"), { type: "all.values", ...data }, "what a reader got");
    },
  },
  {
    name: "sends what the data was at the time, and lets nobody change it afterwards",
    async run(harness) {
      const layer = await oneLayer(harness);
      const members = [new Recorder(), new Recorder()];
      for (const member of members) await layer.attach(member).join("room");
      const line = { from: "ada", tags: ["a"] };
      const bytes = new Uint8Array([1]);
      const sent = layer.publish("room", { type: "chat.message", data: { line, bytes, gone: undefined } });
      line.from = "eve";
      line.tags.push("b");
      bytes[0] = 9;
      await sent;
      await Promise.all(members.map((member) => member.until(1)));
      for (const { messages } of members) {
        const data = messages[0]?.data;
        equal(data, { line: { from: "ada", tags: ["a"] }, bytes: new Uint8Array([1]) }, "what arrived");
        const inner = data?.["line"] as { tags: unknown };
        holds(Object.isFrozen(data) && Object.isFrozen(inner) && Object.isFrozen(inner.tags), "all of it is frozen");
      }
    },
  },
  {
    name: "refuses data that cannot travel, naming the place",
    async run(harness) {
      const layer = await oneLayer(harness);
      for (const [what, field, place] of unsendable) {
        const sends = [
          () => layer.publish("room", { type: "chat.message", data: { field } }),
          () => layer.groupSend("room", { type: "chat.message", field }),
          () => layer.send("jobs", { type: "chat.message", field }),
        ];
        for (const work of sends) {
          const error = await rejects(work, "EVENT_INVALID", what);
          holds(error.message.includes(place), `the place ${place} is in: ${error.message}`);
        }
      }
      for (const data of [undefined, null, "text", 7, [1], new Point(), new Uint8Array(1)] as unknown[] as Anything[]) {
        await rejects(() => layer.publish("room", { type: "chat.message", data }), "EVENT_INVALID", "no record");
      }
    },
  },
  {
    name: "refuses a message over the limit, counted in bytes",
    async run(harness) {
      const layer = await oneLayer(harness, { maxMessageBytes: 1000 });
      const send = (text: string): Promise<void> => layer.groupSend("room", { type: "chat.message", text });
      await send("x".repeat(989));
      const error = await rejects(() => send("x".repeat(990)), "MESSAGE_TOO_LARGE", "one byte more");
      equal([error.details["bytes"], error.details["limit"]], [1001, 1000], "what the error says");
      await rejects(() => send("é".repeat(495)), "MESSAGE_TOO_LARGE", "two bytes a character");
      await rejects(() => send("\u0000".repeat(166)), "MESSAGE_TOO_LARGE", "six bytes a character");
      await send("é".repeat(494));
      await rejects(
        () => layer.send("jobs", { type: "a.b", bytes: new Uint8Array(1000) }),
        "MESSAGE_TOO_LARGE",
        "bytes",
      );
      const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, 1]));
      await rejects(() => layer.send("jobs", { type: "a.b", wide }), "MESSAGE_TOO_LARGE", "many keys");
    },
  },
  {
    name: "refuses event types that are no types, reserved, or named after a prototype's properties",
    async run(harness) {
      const layer = await oneLayer(harness);
      const types: unknown[] = [
        "chat",
        "Chat.message",
        "chat.",
        ".chat",
        "chat..message",
        "chat_message",
        "chat.мир",
        "chat.a\n",
      ];
      types.push(
        "constructor",
        "__proto__",
        "toString",
        "hasOwnProperty",
        "",
        undefined,
        null,
        7,
        {},
        `a.${"b".repeat(100)}`,
      );
      const reserved = ["websocket", "http", "lifespan", "group", "presence", "layer", "channel", "solent"];
      types.push(...reserved.map((segment) => `${segment}.receive`));
      for (const type of types as string[]) {
        const what = `the type ${JSON.stringify(type)}`;
        await rejects(() => layer.send("jobs", { type }), "EVENT_INVALID", what);
        await rejects(() => layer.groupSend("room", { type }), "EVENT_INVALID", what);
        await rejects(() => layer.publish("room", { type, data: {} }), "EVENT_INVALID", what);
      }
      const error = await rejects(() => layer.send("jobs", { type: "group.gap" }), "EVENT_INVALID", "a notice");
      holds(error.message.includes("reserved"), `the rule is in: ${error.message}`);
      await layer.groupSend("room", { type: "constructor.name" });
    },
  },
  {
    name: "refuses a field called type beside a type, and a message that is no record",
    async run(harness) {
      const layer = await oneLayer(harness);
      const data = { type: "other" };
      await rejects(() => layer.publish("room", { type: "chat.message", data }), "EVENT_INVALID", "two types");
      for (const message of [undefined, null, "chat.message", ["chat.message"]] as unknown[] as { type: string }[]) {
        await rejects(() => layer.send("jobs", message), "EVENT_INVALID", "no record");
        await rejects(() => layer.groupSend("room", message), "EVENT_INVALID", "no record");
      }
    },
  },
  {
    name: "carries keys named after a prototype's properties as plain data",
    async run(harness) {
      const layer = await oneLayer(harness);
      const member = new Recorder();
      await layer.attach(member).join("room");
      const data = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":"c","inner":{"__proto__":1}}') as Anything;
      await layer.publish("room", { type: "chat.message", data });
      await member.until(1);
      const got = member.messages[0]?.data ?? {};
      equal(Object.keys(got), ["__proto__", "constructor", "inner"], "its own keys");
      equal(JSON.stringify(got), JSON.stringify(data), "what arrived");
      equal([got["isAdmin"], ({} as Anything)["isAdmin"]], [undefined, undefined], "what leaked");
    },
  },
  {
    name: "checks what a typed group sends against the contract, and sends what the schema gave",
    async run(harness) {
      const layer = await oneLayer(harness);
      const member = new Recorder();
      await layer.attach(member).join("room");
      const room = layer.group(contract, "room");
      await room.send("chat.message");
      await member.until(1);
      await harness.settle();
      equal(
        member.messages.map((message) => message.data),
        [{ text: "checked", was: null }],
        "what arrived",
      );
      const wrong = "chat.other" as "chat.message";
      await rejects(() => room.send(wrong), "EVENT_INVALID", "an event that the contract has not");
      let refused: unknown;
      try {
        layer.group(contract, "a b");
      } catch (error) {
        refused = error;
      }
      holds(SolentError.is(refused, "NAME_INVALID"), "a bad group name");
    },
  },
  {
    name: "leaves out the channel that a typed group excepts",
    needs: ["envelopes"],
    async run(harness) {
      const layer = await oneLayer(harness);
      const members = [new Recorder(), new Recorder()];
      const seats = members.map((member) => layer.attach(member));
      for (const seat of seats) await seat.join("room");
      await layer.group(contract, "room").send("chat.message", undefined, { except: seats[0]?.channelName });
      await harness.settle();
      const counts = members.map(({ messages }) => messages.length);
      equal(counts, [0, 1], "what the members got");
    },
  },
];
