import {
  contract,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  SolentError,
  URLRouter,
  WebSocketConsumer,
} from "@solent/core";
import { z } from "zod";

const site = contract({
  toClient: { notice: z.object({ text: z.string().min(1).max(200) }) },
  events: { "site.notice": { forward: "notice" } },
});

/** Every page of the site has one of these open. It only listens. */
class Visitor extends WebSocketConsumer.of(site) {
  static override readonly groups = ["site"];
}

export const layer = new InMemoryChannelLayer();
const everybody = layer.group(site, "site");

/** An ordinary HTTP handler, outside of every consumer. Put your own sign-in in front of it: here everybody is admin. */
async function fetch(request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response("POST /?text=...\n", { status: 405, headers: { allow: "POST" } });
  const text = new URL(request.url).searchParams.get("text")?.trim() ?? "";
  try {
    await everybody.send("site.notice", { text });
    return new Response(null, { status: 204 });
  } catch (error) {
    if (SolentError.is(error, "CONTRACT_MISMATCH")) return new Response(error.message, { status: 400 });
    throw error;
  }
}

export const app = new ProtocolTypeRouter({
  http: { fetch },
  websocket: new URLRouter([path("/notices", Visitor)]),
});
