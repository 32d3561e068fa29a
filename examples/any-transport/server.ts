import {
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type Received,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { chat, news } from "./contracts.ts";

/** Says what carries it; otherwise it has nothing to do with that. */
class Chat extends WebSocketConsumer.of(chat) {
  static override readonly groups = ["chat"];

  override connect() {
    const admission = this.accept();
    this.send("way", { transport: this.connection.transport });
    return admission;
  }
  override async receive({ data }: Received<typeof chat>) {
    await this.group("chat").send("chat.line", data);
  }
}

class News extends WebSocketConsumer.of(news) {
  static override readonly groups = ["news"];

  override async receive({ data }: Received<typeof news>) {
    await this.group("news").send("news.headline", data);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/chat", Chat), path("/news", News)]),
});
