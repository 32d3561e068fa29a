import { path, ProtocolTypeRouter, type Received, URLRouter, WebSocketConsumer } from "@solent/core";
import { chat } from "./contract.ts";
import { type Authenticated, session } from "./session.ts";
import { site } from "./site.ts";

class ChatConsumer extends WebSocketConsumer.of(chat).needs<Authenticated>() {
  room = this.group(`chat.${this.params.room}`);

  override async connect() {
    await this.room.join();
    return this.accept();
  }

  override async receive({ data }: Received<typeof chat>) {
    await this.room.send("chat.message", { from: this.scope.user.name, text: data.text });
  }
}

export const app = new ProtocolTypeRouter({
  http: site,
  websocket: session(new URLRouter([path("/rooms/:room", ChatConsumer)])),
});
