import { contract, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { z } from "zod";

const chat = contract({ params: z.object({ room: z.string() }), toServer: { say: z.object({ text: z.string() }) } });

class Chat extends WebSocketConsumer.of(chat) {}
class Raw extends WebSocketConsumer {}

/** A small application for tests of what looks at applications from outside. */
export const app: ProtocolTypeRouter = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/rooms/:room", Chat), path("/raw", Raw)]),
});
