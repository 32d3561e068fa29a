import {
  contract,
  type EventOf,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type Received,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { serve, type SolentServer } from "@solent/core/node";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { z } from "zod";
import { RoundRobin } from "./round-robin.ts";

const line = z.object({ text: z.string() });

export const chat = contract({
  params: z.object({ room: z.string() }),
  toServer: { say: { data: line, reply: z.object({ room: z.string() }) } },
  toClient: { said: line },
  events: { "chat.message": line },
});

/** A room where everything is said to everybody; nobody may be in those called "closed" and "members", and who says "bye" has to go. */
class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);

  override async connect() {
    if (this.params.room === "closed") return this.deny(403);
    if (this.params.room === "members") return this.deny(401);
    await this.room.join();
    return this.accept();
  }

  override async receive(frame: Received<typeof chat>) {
    if (frame.data.text === "bye") return this.close(4409);
    await this.room.send("chat.message", { text: `${this.params.room}: ${frame.data.text}` });
    frame.reply({ room: this.params.room });
  }

  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}

let worlds = 0;

/** A chat on one node or several, behind a proxy that sends each request to the next. */
export class ChatWorld implements AsyncDisposable {
  readonly servers: readonly SolentServer[];
  readonly #proxy: RoundRobin;
  readonly #ports: number[];

  private constructor(servers: readonly SolentServer[], ports: number[], proxy: RoundRobin) {
    this.servers = servers;
    this.#ports = ports;
    this.#proxy = proxy;
  }

  static async start(nodes: number): Promise<ChatWorld> {
    worlds += 1;
    const prefix = `chatworld${process.pid}.${worlds}`;
    const servers: SolentServer[] = [];
    for (let i = 0; i < nodes; i += 1) {
      const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Chat)]) });
      const layer =
        nodes === 1
          ? new InMemoryChannelLayer()
          : new RedisPubSubChannelLayer({ redis: process.env["REDIS_URL"] ?? "", prefix });
      if (layer instanceof RedisPubSubChannelLayer) await layer.ready();
      servers.push(await serve(app, { port: 0, host: "127.0.0.1", layer }));
    }
    const ports = servers.map(({ port }) => port);
    return new ChatWorld(servers, ports, await RoundRobin.before(() => ports));
  }

  get url(): string {
    return this.#proxy.url;
  }

  /** How many connections there are, over all nodes. */
  get connections(): number {
    return this.servers.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
  }

  /** The proxy sends nothing more to a node. */
  leaveOut({ port }: SolentServer): void {
    this.#ports.splice(this.#ports.indexOf(port), 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    await this.#proxy[Symbol.asyncDispose]();
  }
}
