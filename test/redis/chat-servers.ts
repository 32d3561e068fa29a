import {
  contract,
  type EventOf,
  path,
  ProtocolTypeRouter,
  type Received,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { serve, type SolentServer } from "@solent/core/node";
import { z } from "zod";
import { endAll } from "../support/redis/redis-process.ts";
import type { Fleet } from "./fleet.ts";

const line = z.object({ from: z.string(), text: z.string() });
const nothing = z.object({});

/** A chat as small as possible, which fails when it is told to. */
export const chat = contract({
  params: z.object({ room: z.string() }),
  toServer: {
    say: z.object({ text: z.string() }),
    sayToOthers: z.object({ text: z.string() }),
    tell: z.object({ user: z.string(), text: z.string() }),
    crash: nothing,
    crashEverybody: nothing,
  },
  toClient: { said: line, told: line, missed: z.object({ group: z.string(), cause: z.string() }) },
  events: { "chat.message": line, "user.message": line, "chat.crash": nothing },
});

class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`room.${this.scope.params.room}`);
  user = new URLSearchParams(this.scope.queryString).get("user") ?? "nobody";

  override async connect() {
    await this.room.join();
    await this.group(`user.${this.user}`).join();
    return this.accept();
  }

  override async receive(frame: Received<typeof chat>) {
    if (frame.type === "crash") throw new Error("as asked");
    if (frame.type === "crashEverybody") return this.room.send("chat.crash", {});
    const { text } = frame.data;
    const message = { from: this.user, text };
    if (frame.type === "tell") return this.group(`user.${frame.data.user}`).send("user.message", message);
    return this.room.send("chat.message", message, frame.type === "say" ? {} : { except: this.channelName });
  }

  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }

  user_message(event: EventOf<typeof chat, "user.message">) {
    this.send("told", event);
  }

  chat_crash() {
    throw new Error("as asked");
  }

  group_gap({ group, cause }: { group: string; cause: string }) {
    this.send("missed", { group, cause });
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Chat)]) });
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A server on a port of its own for each node of a fleet. */
export class ChatServers implements AsyncDisposable {
  readonly all: readonly SolentServer[];

  constructor(all: readonly SolentServer[]) {
    this.all = all;
  }

  /** The address of a room at a node. */
  url(node: number, user: string, room = "red"): string {
    return `ws://127.0.0.1:${this.all[node]!.port}/rooms/${room}?user=${user}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.all);
  }
}

export async function chatServers(fleet: Fleet): Promise<ChatServers> {
  const start = (layer: Fleet["layers"][number]) =>
    serve(app, { port: 0, host: "127.0.0.1", layer, logger: quiet, closeLayers: false });
  return new ChatServers(await Promise.all(fleet.layers.map(start)));
}
