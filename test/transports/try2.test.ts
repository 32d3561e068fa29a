import {
  contract,
  path,
  ProtocolTypeRouter,
  URLRouter,
  WebSocketConsumer,
  type Received,
  type EventOf,
} from "@solent/core";
import { serve } from "@solent/core/node";
import { connect } from "@solent/client";
import { anySocket } from "@solent/client/http";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { expect, test } from "vitest";
import { z } from "zod";
import { createServer } from "node:http";
import { WebSocket } from "ws";
import { request } from "node:http";

const chat = contract({
  params: z.object({ room: z.string() }),
  toServer: { say: { data: z.object({ text: z.string() }), reply: z.object({ n: z.number() }) } },
  toClient: { said: z.object({ text: z.string() }) },
  events: { "chat.message": z.object({ text: z.string() }) },
});
let n = 0;
class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);
  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(frame: Received<typeof chat>) {
    await this.room.send("chat.message", frame.data);
    frame.reply({ n: (n += 1) });
  }
  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}
const app = () => new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Chat)]) });

test.each([["websocket"], ["sse"], ["poll"]] as const)(
  "%s over three nodes behind a round robin",
  async (transport) => {
    const servers: Awaited<ReturnType<typeof serve>>[] = [];
    for (let i = 0; i < 3; i += 1) {
      const layer = new RedisPubSubChannelLayer({ redis: process.env["REDIS_URL"]!, prefix: `try${transport}` });
      await layer.ready();
      servers.push(await serve(app(), { port: 0, layer }));
    }
    let turn = 0;
    const proxy = createServer((req, res) => {
      const port = servers[(turn += 1) % 3]!.port;
      const up = request(
        { port, host: "127.0.0.1", method: req.method, path: req.url, headers: req.headers },
        (answer) => {
          res.writeHead(answer.statusCode!, answer.headers);
          res.flushHeaders();
          answer.pipe(res);
        },
      );
      up.on("error", () => res.destroy());
      res.on("close", () => up.destroy());
      req.pipe(up);
    }).listen(0);
    const port = transport === "websocket" ? servers[0]!.port : (proxy.address() as { port: number }).port;
    const make = () =>
      connect<typeof chat>(`ws://127.0.0.1:${port}/rooms/red`, {
        WebSocket: anySocket({ transports: [transport], WebSocket }),
      });
    const [ann, ben] = [make(), make()];
    const heard: string[] = [];
    ben.on("said", ({ text }) => void heard.push(text));
    await expect.poll(() => [ann.state, ben.state]).toEqual(["open", "open"]);
    const started = performance.now();
    for (let i = 0; i < 50; i += 1) await ann.call("say", { text: `${i}` });
    console.log(transport, "ms a call", ((performance.now() - started) / 50).toFixed(1));
    for (let i = 50; i < 150; i += 1) ann.send("say", { text: `${i}` });
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(150);
    expect(heard).toEqual(Array.from({ length: 150 }, (_, i) => `${i}`));
    ann.close();
    ben.close();
    await Promise.all([ann.closed, ben.closed]);
    await expect.poll(() => servers.map((s) => s.connectionCount)).toEqual([0, 0, 0]);
    proxy.close();
    for (const server of servers) await server.close();
  },
);
