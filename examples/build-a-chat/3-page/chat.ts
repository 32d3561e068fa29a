import { path, ProtocolTypeRouter, type Received, URLRouter, WebSocketConsumer } from "@solent/core";
import { chat } from "./contract.ts";
import { site } from "./site.ts";

class ChatConsumer extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);

  override async connect() {
    await this.room.join();
    return this.accept();
  }

  override async receive({ data }: Received<typeof chat>) {
    await this.room.send("chat.message", data);
  }
}

export const app = new ProtocolTypeRouter({
  http: site,
  websocket: new URLRouter([path("/rooms/:room", ChatConsumer)]),
});
