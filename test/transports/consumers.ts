import {
  Consumer,
  contract,
  type End,
  type EventOf,
  path,
  type Received,
  URLRouter,
  WebSocketConsumer,
  type WebSocketDisconnectEvent,
  type WebSocketReceiveEvent,
} from "@solent/core";
import { z } from "zod";

const line = z.object({ text: z.string() });

/** How connections ended on the server, with the path of each: `"/echo 1000 client"`. */
export const ends: string[] = [];
/** The consumers of `/echo` and `/desk` that are connected here. */
export const consumers: Set<{ readonly connection: WebSocketConsumer["connection"] }> = new Set();

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

/** Says what it hears. */
class Echo extends WebSocketConsumer {
  override connect() {
    consumers.add(this);
    return this.accept();
  }
  override receive(text: string) {
    this.send(text);
  }
  override receiveBinary(bytes: Uint8Array) {
    this.send(bytes);
  }
  override disconnect({ code, cause }: End) {
    consumers.delete(this);
    ends.push(`/echo ${code} ${cause}`);
  }
}

/** Says to its group what it hears, and says what the group hears. */
class LowLevel extends Consumer {
  async websocket_connect() {
    await this.layer.groupAdd("low", this.channelName);
    this.send({ type: "websocket.accept" });
  }
  async websocket_receive({ text, bytes }: WebSocketReceiveEvent) {
    if (bytes !== undefined) this.send({ type: "websocket.send", bytes: bytes.toReversed() });
    else if (text === "bye") this.send({ type: "websocket.close", code: 4000, reason: "enough" });
    else await this.layer.groupSend("low", { type: "low.line", text });
  }
  low_line({ text }: { text: string }) {
    this.send({ type: "websocket.send", text });
  }
  websocket_disconnect({ code, cause }: WebSocketDisconnectEvent) {
    ends.push(`/low ${code} ${cause}`);
  }
}

const desk = contract({
  toServer: { ask: line, tell: line, fill: {} },
  toClient: {
    said: line,
    confirm: { data: line, reply: z.boolean() },
    cursor: { data: z.object({ who: z.string(), at: z.number() }), delivery: "latest", key: "who" },
    typing: { data: line, delivery: "volatile" },
    filler: z.string(),
  },
  events: { "desk.line": line },
});

/** Asks, tells, and sends what may be missed. */
export class Desk extends WebSocketConsumer.of(desk) {
  desk = this.group("desk");
  lines = 0;

  override async connect() {
    await this.desk.join();
    consumers.add(this);
    return this.accept();
  }

  override async receive(frame: Received<typeof desk>) {
    const { type, data } = frame;
    if (type === "ask") this.send("said", { text: (await this.call("confirm", data)) ? "yes" : "no" });
    if (type === "tell") await this.desk.send("desk.line", data, { except: this.channelName });
  }

  desk_line({ text }: EventOf<typeof desk, "desk.line">) {
    this.lines += 1;
    const [what, who = "", at = ""] = text.split(" ");
    if (what === "fill") this.send("filler", "x".repeat(100_000));
    else if (what === "cursor") this.send("cursor", { who, at: Number(at) });
    else if (what === "typing") this.send("typing", { text: who });
    else this.send("said", { text });
  }

  override disconnect({ code, cause }: End) {
    consumers.delete(this);
    ends.push(`/desk ${code} ${cause}`);
  }
}

export const routes: URLRouter = new URLRouter([
  path("/rooms/:room", Chat),
  path("/echo", Echo),
  path("/low", LowLevel),
  path("/desk", Desk),
]);
