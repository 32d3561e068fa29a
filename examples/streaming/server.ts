import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter } from "@solent/core";
import { ChatConsumer } from "../group-chat-contract/server.ts";

export const layer = new InMemoryChannelLayer();

// What carries the frames is up to the page: the server has the consumer, and no more to say.
export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/rooms/:room", ChatConsumer)]),
});
