// The room on Solent without a contract: the consumer reads and writes text, as in the original's first tutorial.
import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { host, port } from "../peer-process.mjs";

class Chat extends WebSocketConsumer {
  room = this.group(`chat.${this.scope.params.room}`);

  async connect() {
    await this.room.join();
    return this.accept();
  }

  async receive(text) {
    const { message, bulk } = JSON.parse(text);
    if (bulk === undefined) await this.room.send("chat.message", { message });
    else await this.bulk(bulk);
  }

  chat_message({ message }) {
    this.send(JSON.stringify({ message }));
  }

  async bulk({ op, n, base }) {
    for (let i = 0; i < n; i++) await this.group(`${base}-${i}`)[op]();
    this.send('{"bulkdone":1}');
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/ws/room/:room/", Chat)]) });
await serve(app, { host, port, layer: new InMemoryChannelLayer() });
