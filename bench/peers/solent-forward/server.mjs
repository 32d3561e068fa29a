// The room on Solent with an event that every member passes on unchanged: no code of the class runs for a member.
import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { host, port } from "../peer-process.mjs";
import { passing } from "../solent/contract.mjs";

class Chat extends WebSocketConsumer.of(passing) {
  room = this.group(`chat.${this.params.room}`);

  async connect() {
    await this.room.join();
    return this.accept();
  }

  async receive({ type, data }) {
    if (type === "bulk") await this.bulk(data);
    else await this.room.send("chat.message", data);
  }

  async bulk({ op, n, base }) {
    for (let i = 0; i < n; i++) await this.group(`${base}-${i}`)[op]();
    this.send("bulkdone", { n });
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/ws/room/:room/", Chat)]) });
await serve(app, { host, port, layer: new InMemoryChannelLayer() });
