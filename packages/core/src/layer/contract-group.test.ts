import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

import { contract } from "../contract/index.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import type { EventInput } from "./contract-group.ts";
import { InMemoryChannelLayer } from "../hub/in-memory-channel-layer.ts";

const chat = contract({
  toClient: { said: z.object({ from: z.string(), tags: z.array(z.string()) }) },
  events: {
    "chat.message": z.object({ text: z.string().max(5) }),
    "chat.said": { forward: "said" },
    "chat.cursor": { data: z.object({ x: z.number().optional() }), delivery: "volatile" },
    "chat.cleared": {},
  },
});

describe("layer.group(contract, name)", () => {
  test("sends what the contract allows, from outside a consumer", async () => {
    await using layer = new InMemoryChannelLayer();
    const member = new Recorder();
    await layer.attach(member).join("room");
    const room = layer.group(chat, "room");
    await room.send("chat.message", { text: "hello" });
    await room.send("chat.cleared");
    await room.send("chat.said", { from: "ada", tags: ["a"] as readonly string[] });
    await room.send("chat.cursor", {}, { except: "specific.nobody!1" });
    expect(member.messages.map(({ meta, data }) => [meta.type, data])).toEqual([
      ["chat.message", { text: "hello" }],
      ["chat.cleared", {}],
      ["chat.said", { from: "ada", tags: ["a"] }],
      ["chat.cursor", {}],
    ]);
    expect(member.messages.map((message) => message.volatile)).toEqual([false, false, false, true]);
    expect(member.messages.every(({ validatedBy }) => validatedBy === chat)).toBe(true);
  });

  test("does not send what the contract refuses", async () => {
    await using layer = new InMemoryChannelLayer();
    const room = layer.group(chat, "room");
    await expect(room.send("chat.message", { text: "too long" })).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
    // @ts-expect-error the contract has no such event
    await expect(room.send("chat.other", {})).rejects.toMatchObject({ code: "EVENT_INVALID" });
    // @ts-expect-error a field of another type
    await expect(room.send("chat.message", { text: 7 })).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
    // @ts-expect-error an event that needs its fields
    await expect(room.send("chat.message")).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
    // @ts-expect-error an event without fields
    await expect(room.send("chat.cleared", { text: "a" })).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
    expect(layer.stats().published).toBe(0);
  });

  test("sends to one channel by name, checked in the same way", async () => {
    await using layer = new InMemoryChannelLayer();
    const channel = await layer.newChannel();
    await layer.channel(chat, channel.name).send("chat.message", { text: "hello" });
    expect(await channel.receive({ timeoutMs: 0 })).toEqual({ type: "chat.message", text: "hello" });
    const unfit = layer.channel(chat, channel.name).send("chat.message", { text: "too long" });
    await expect(unfit).rejects.toMatchObject({ code: "CONTRACT_MISMATCH" });
  });

  test("asks for the input of the schema, and takes what is read-only", () => {
    expectTypeOf<EventInput<typeof chat, "chat.message">>().toEqualTypeOf<{ readonly text: string }>();
    expectTypeOf<EventInput<typeof chat, "chat.cleared">>().toEqualTypeOf<undefined>();
    expectTypeOf<EventInput<typeof chat, "chat.said">>().toEqualTypeOf<{
      readonly from: string;
      readonly tags: readonly string[];
    }>();
  });
});
