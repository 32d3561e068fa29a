import {
  type EventOf,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type Received,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { chat } from "./contract.ts";

/** NvN, the second way: the contract types both ends, and the group is a handle. */
export class ChatConsumer extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);

  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive({ data }: Received<typeof chat>) {
    await this.room.send("chat.message", data);
  }
  chat_message(event: EventOf<typeof chat, "chat.message">) {
    this.send("said", event);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/rooms/:room", ChatConsumer)]),
});
