import { contract, InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer, type Received, type EventOf } from "@solent/core";
import { serve } from "@solent/core/node";
import { multiplex } from "@solent/client/sharing";
import { anySocket } from "@solent/client/http";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const chat = contract({
  params: z.object({ room: z.string() }),
  toServer: { say: { data: z.object({ text: z.string() }), reply: z.object({ n: z.number() }) } },
  toClient: { said: z.object({ text: z.string() }) },
  events: { "chat.message": z.object({ text: z.string() }) },
});
class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);
  override async connect() {
    if (this.params.room === "closed") return this.deny(403);
    await this.room.join();
    return this.accept();
  }
  override async receive(frame: Received<typeof chat>) {
    if (frame.data.text === "bye") return this.close(4409);
    await this.room.send("chat.message", { text: `${this.params.room}: ${frame.data.text}` });
    frame.reply({ n: 1 });
  }
  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}

test.each([["websocket"], ["sse"], ["poll"]] as const)("several consumers share one connection over %s", async (transport) => {
  const layer = new InMemoryChannelLayer();
  await using server = await serve(new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Chat)]) }), { port: 0, layer });
  const hub = multiplex(`http://127.0.0.1:${server.port}`, { WebSocket: anySocket({ transports: [transport], WebSocket }) });
  const [red, blue, closed] = ["red", "blue", "closed"].map((room) => hub.open<typeof chat>(`/rooms/${room}`));
  const heard: string[] = [];
  for (const room of [red!, blue!]) room.on("said", ({ text }) => void heard.push(text));
  expect(await red!.call("say", { text: "a" })).toEqual({ n: 1 });
  expect(await blue!.call("say", { text: "b" })).toEqual({ n: 1 });
  expect(server.connectionCount).toBe(1);
  await expect.poll(() => heard).toEqual(["red: a", "blue: b"]);
  expect(await closed!.closed).toMatchObject({ code: 4403, cause: "server" });
  red!.send("say", { text: "bye" });
  expect(await red!.closed).toMatchObject({ code: 4409, cause: "server" });
  expect(await blue!.call("say", { text: "c" })).toEqual({ n: 1 });
  blue!.close();
  await blue!.closed;
  await expect.poll(() => layer.stats().groups).toBe(0);
  await expect.poll(() => server.connectionCount, { timeout: 3000 }).toBe(0);
});
