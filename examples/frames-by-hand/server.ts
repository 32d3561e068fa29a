import {
  HttpConsumer,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type RequestBody,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { serve, type SolentServer } from "@solent/core/node";
import { z } from "zod";
import { talk } from "./talk.ts";

/** What is spoken to: all that arrives goes back. */
class Echo extends WebSocketConsumer {
  override receive(text: string) {
    this.send(text);
  }
}

const asked = z.discriminatedUnion("what", [
  z.object({ what: z.literal(["text", "fragments", "ping"]), text: z.string().min(1).max(500) }),
  z.object({ what: z.literal("size"), bytes: z.int().min(1).max(65_536) }),
]);

/** Speaks to the echo over TCP, byte by byte, and answers with all that went over the wire. */
class Frames extends HttpConsumer {
  override async handle(body: RequestBody) {
    const { data, error } = asked.safeParse(await body.json());
    if (error !== undefined) return this.sendResponse(400, z.prettifyError(error));
    return this.sendJson(200, await talk(echo.port, data, this.signal));
  }
}

let echo: SolentServer;

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  http: new URLRouter([path("/talk", Frames)]),
  // The echo has a port of its own, for a client that speaks to no address but this.
  lifespan: {
    startup: async () => {
      const websocket = new URLRouter([path("/echo", Echo)]);
      echo = await serve(new ProtocolTypeRouter({ websocket }), { port: 0, host: "127.0.0.1" });
    },
    shutdown: () => echo.close(),
  },
});
