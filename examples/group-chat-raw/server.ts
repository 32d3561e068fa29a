import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";

/** NvN, the first way: the channel layer by hand, as Django Channels has it. */
class Room extends WebSocketConsumer {
  override async connect() {
    await this.layer.groupAdd("room", this.channelName);
    return this.accept();
  }
  override async receive(text: string) {
    await this.layer.groupSend("room", { type: "xxx.ooo", message: text });
  }
  /** The event type `xxx.ooo` calls this method, on every member. */
  xxx_ooo(event: { message: string }) {
    this.send(event.message);
  }
  // No groupDiscard in disconnect(): a channel name leaves its groups when its connection ends, whatever ended it.
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/room", Room)]),
});
