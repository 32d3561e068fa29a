import {
  Consumer,
  InMemoryChannelLayer,
  type IncomingProtocolEvent,
  path,
  ProtocolTypeRouter,
  StopConsumer,
  URLRouter,
} from "@solent/core";

/** The protocol itself: one method for each of its events, and nothing done for you. */
class Raw extends Consumer {
  websocket_connect() {
    this.send({ type: "websocket.accept" });
    this.send({ type: "websocket.send", text: "say something, send bytes, or say bye" });
  }
  websocket_receive(event: Extract<IncomingProtocolEvent, { type: "websocket.receive" }>) {
    if (event.text === "bye") throw new StopConsumer();
    const text = event.text === undefined ? `${event.bytes.byteLength} bytes` : `text: ${event.text}`;
    this.send({ type: "websocket.send", text });
  }
  websocket_disconnect({ code, cause }: Extract<IncomingProtocolEvent, { type: "websocket.disconnect" }>) {
    console.log(`a raw consumer ended with ${code}, by the ${cause}`);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/raw", Raw)]),
});
