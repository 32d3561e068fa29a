import type { IncomingMessage, ServerResponse } from "node:http";
import { allowOrigins, InMemoryChannelLayer, path, ProtocolTypeRouter, rateLimit, URLRouter } from "@solent/core";
import { serve, type SolentServer } from "@solent/core/node";
import { Chat, withChat } from "./chat.ts";
import type { Config } from "./config.ts";
import { DirectConsumer } from "./direct-consumer.ts";
import { Page } from "./page.ts";
import { RoomConsumer } from "./room-consumer.ts";
import { securityHeaders } from "./security-headers.ts";
import { SessionApi } from "./session-api.ts";
import { chatSession } from "./session.ts";

/** A message has at most 1,000 characters, which JSON may write with six bytes each. */
const maxFrameBytes = 8_192;

/** Serves the chat: the page in `pageFolder`, signing in, and the sockets. */
export async function serveChat(config: Config, pageFolder: string): Promise<SolentServer> {
  const { port, adminName, secret, isHttps } = config;
  const page = await Page.read(pageFolder);
  const chat = new Chat(adminName);
  const session = chatSession(chat.people, { secret, secure: isHttps });
  const sessionApi = new SessionApi({ people: chat.people, session, adminName });
  const headers = Object.entries(securityHeaders(isHttps));

  const app = new ProtocolTypeRouter({
    http: async (request: IncomingMessage, response: ServerResponse) => {
      for (const [name, value] of headers) response.setHeader(name, value);
      if (request.url === "/api/session") await sessionApi.handle(request, response);
      else page.handle(request, response);
    },
    websocket: allowOrigins("same-host")(
      rateLimit({ messages: 5, burst: 20 })(
        session(withChat(chat)(new URLRouter([path("/rooms/:room", RoomConsumer), path("/direct", DirectConsumer)]))),
      ),
    ),
  });
  return serve(app, { port, layer: new InMemoryChannelLayer(), limits: { maxFrameBytes } });
}
