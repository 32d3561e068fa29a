// The room on Solent, as its guide teaches it: a contract, a consumer, a handler that runs for each member. The layer is left
// to the peer.
import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { host, port } from "./peer-process.mjs";
import { chat } from "./solent/contract.mjs";

class Chat extends WebSocketConsumer.of(chat) {
  room = this.group(`chat.${this.params.room}`);

  async connect() {
    await this.room.join();
    return this.accept();
  }

  async receive({ type, data }) {
    if (type === "bulk") await this.bulk(data);
    else await this.room.send("chat.message", data);
  }

  chat_message(event) {
    this.send("said", event);
  }

  async bulk({ op, n, base }) {
    await Promise.all(Array.from({ length: n }, (_, i) => this.group(`${base}-${i}`)[op]()));
    this.send("bulkdone", { n });
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/ws/room/:room/", Chat)]) });

export async function serveSolent(layer) {
  const { HEARTBEAT_MS } = process.env;
  const limits = HEARTBEAT_MS === undefined ? {} : { heartbeatIntervalMs: Number(HEARTBEAT_MS) };
  await serve(app, { host, port, layer, limits });
}
