import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { serve } from "./serve.ts";

class Where extends WebSocketConsumer {
  override connect() {
    const admission = this.accept();
    this.send(`${this.scope.rootPath} ${this.scope.path} ${this.params["room"]}`);
    return admission;
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Where)]) });
const logger = { info: () => {}, warn: () => {}, error: () => {} };

/** The first frame, or the status of a refusal. */
async function answer(url: string): Promise<string | number> {
  const socket = new WebSocket(url);
  try {
    return await new Promise((resolve) => {
      socket.once("message", (data: Buffer) => resolve(data.toString()));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", () => {});
    });
  } finally {
    socket.terminate();
  }
}

describe("rootPath", () => {
  test("is taken off before the routes are tried, and nothing outside of it matches", async () => {
    await using server = await serve(app, { port: 0, host: "127.0.0.1", rootPath: "/chat", logger });
    const base = `ws://127.0.0.1:${server.port}`;
    expect(await answer(`${base}/chat/rooms/red`)).toBe("/chat /chat/rooms/red red");
    expect(await answer(`${base}/rooms/red`)).toBe(404);
    expect(await answer(`${base}/chatty/rooms/red`)).toBe(404);
  });

  test("is refused when it does not begin with a slash or ends in one", async () => {
    for (const rootPath of ["chat", "/chat/", "/"]) {
      const problem: unknown = await serve(app, { port: 0, rootPath }).catch((error: unknown) => error);
      expect(SolentError.is(problem, "CONFIG_INVALID")).toBe(true);
    }
  });
});
