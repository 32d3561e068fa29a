import { path, ProtocolTypeRouter, type Received, URLRouter, WebSocketConsumer } from "@solent/core";
import { chat } from "./contract.ts";
import { enter, leave, peopleIn } from "./people.ts";
import { type Authenticated, session } from "./session.ts";
import { site } from "./site.ts";

class ChatConsumer extends WebSocketConsumer.of(chat).needs<Authenticated>() {
  name = this.scope.user.name;
  room = this.group(`chat.${this.params.room}`);

  override async connect() {
    // Before it joins: the others hear of it, and it does not hear of itself.
    if (enter(this.room.name, this.channelName, this.name)) await this.room.send("chat.came", { name: this.name });
    await this.room.join();
    const accepted = this.accept();
    this.send("welcome", { people: peopleIn(this.room.name) });
    return accepted;
  }

  override async receive({ data }: Received<typeof chat>) {
    await this.room.send("chat.message", { from: this.name, text: data.text });
  }

  override async disconnect() {
    if (leave(this.room.name, this.channelName)) await this.room.send("chat.left", { name: this.name });
  }
}

export const app = new ProtocolTypeRouter({
  http: site,
  websocket: session(new URLRouter([path("/rooms/:room", ChatConsumer)])),
});
