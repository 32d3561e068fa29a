import { describe, expect, test } from "vitest";
import { z } from "zod";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { contract } from "../contract/contract.ts";
import { asyncApi } from "./async-api.ts";
import { ProtocolTypeRouter } from "./protocol-type-router.ts";
import { path } from "./route.ts";
import { URLRouter } from "./url-router.ts";

const chat = contract({
  params: z.object({ room: z.string() }),
  toServer: { say: z.object({ text: z.string().max(20) }), typing: {} },
  toClient: { said: z.object({ from: z.string() }), count: { data: z.number(), delivery: "volatile" } },
});
class Chat extends WebSocketConsumer.of(chat) {}
class Raw extends WebSocketConsumer {}

const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/rooms/:room", Chat), path("/old/:room", Chat), path("/raw", Raw)]),
});

describe("asyncApi", () => {
  const document = asyncApi(app, { title: "Chat", version: "1.0.0" });

  test("describes each route with a contract as a channel, and leaves raw consumers out", () => {
    expect(Object.keys(document.channels)).toEqual(["Chat", "Chat2"]);
    expect(document.channels["Chat"]).toMatchObject({ address: "/rooms/{room}", parameters: { room: {} } });
  });

  test("writes payloads as the envelopes that travel, with the schemas of the contract", () => {
    const { messages } = document.channels["Chat"] as { messages: Record<string, { payload: unknown }> };
    expect(messages["toServer.say"]?.payload).toEqual({
      type: "object",
      properties: {
        type: { const: "say" },
        data: { type: "object", properties: { text: { type: "string", maxLength: 20 } }, required: ["text"] },
      },
      required: ["type", "data"],
    });
    expect(messages["toServer.typing"]?.payload).toMatchObject({ required: ["type"] });
    expect(messages["toClient.count"]).toMatchObject({ "x-delivery": "volatile" });
  });

  test("every operation points at a message of its channel", () => {
    expect(Object.keys(document.operations)).toContain("Chat.receive.say");
    for (const operation of Object.values(document.operations) as { messages: { $ref: string }[] }[]) {
      for (const { $ref } of operation.messages) {
        const [, section, channel, part, name] = $ref.split("/") as [string, string, string, string, string];
        expect([section, part]).toEqual(["channels", "messages"]);
        const { messages } = document.channels[channel] as { messages: Record<string, unknown> };
        expect(messages).toHaveProperty([name]);
      }
    }
  });

  test("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
