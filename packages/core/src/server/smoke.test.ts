import { expect, test } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import { applicationOf } from "../consumer/application-of.ts";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { contract } from "../contract/contract.ts";
import { InMemoryChannelLayer } from "../layer/index.ts";
import { serve } from "./serve.ts";

const line = z.object({ from: z.string(), text: z.string() });
const chat = contract({ toServer: { say: line }, toClient: { said: line }, events: { "chat.message": line } });
class Chat extends WebSocketConsumer.of(chat) {
  room = this.group("chat.red");
  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(frame: any) {
    await this.room.send("chat.message", frame.data);
  }
  chat_message(event: any) {
    (this as any).send("said", event);
  }
}

test("smoke", async () => {
  await using server = await serve(applicationOf(Chat as any), { port: 0, layer: new InMemoryChannelLayer() });
  const a = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await new Promise((r) => a.once("open", r));
  const got = new Promise((r) => a.once("message", (d) => r(String(d))));
  a.send(JSON.stringify({ type: "say", data: { from: "a", text: "hi" } }));
  expect(await got).toBe('{"type":"said","data":{"from":"a","text":"hi"}}');
  a.close();
});
