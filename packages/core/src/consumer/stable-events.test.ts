import { expect, test } from "vitest";
import { z } from "zod";
import { contract } from "../contract/contract.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { testServer } from "../testing/test-server.ts";
import { WebSocketConsumer } from "./websocket-consumer.ts";

// The type stays, the value does not: the compiler cannot see it.
const growing = z.object({ text: z.string().transform((text) => `${text}!`) });
const chat = contract({ toServer: { say: {} }, toClient: { failed: z.string() }, events: { "chat.message": growing } });

class Room extends WebSocketConsumer.of(chat) {
  room = this.group("room");
  override async receive() {
    await this.room.send("chat.message", { text: "hi" }).catch((error: unknown) => this.send("failed", String(error)));
  }
  chat_message() {}
}

test("an event's schema that changes its own output is refused in development, and costs nothing in production", async () => {
  const app = new URLRouter([path("/", Room)]);
  await using development = testServer(app, { isDevelopment: true });
  const ann = await development.connect(chat, "/");
  ann.send("say");
  expect(await ann.next()).toMatchObject({ data: expect.stringContaining("only params and toServer may transform") });

  await using production = testServer(app, { isDevelopment: false });
  const ben = await production.connect(chat, "/");
  ben.send("say");
  await production.idle();
  expect(ben.pending).toBe(0);
});
