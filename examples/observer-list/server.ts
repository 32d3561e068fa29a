import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";

/** A list of everybody connected: on it before `connect`, off it whatever ends the connection. */
class Observer extends WebSocketConsumer {
  static override readonly groups = ["observers"];

  override async receive(text: string) {
    await this.layer.groupSend("observers", { type: "observers.line", text });
  }
  observers_line({ text }: { text: string }) {
    this.send(text);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/observe", Observer)]),
});
