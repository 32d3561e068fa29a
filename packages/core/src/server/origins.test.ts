import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { allowOrigins } from "../middleware/allow-origins.ts";
import { ProtocolTypeRouter } from "../routing/protocol-type-router.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { serve, type ServeOptions } from "./serve.ts";

class Echo extends WebSocketConsumer {}

const routes = new URLRouter([path("/", Echo)]);
const plain = new ProtocolTypeRouter({ websocket: routes });
const partners = new ProtocolTypeRouter({ websocket: allowOrigins(["https://partner.example"])(routes) });

/** The status a page of `origin` gets: 101 when it may connect. */
async function statusFor(
  app: ProtocolTypeRouter,
  origin: string | undefined,
  options: ServeOptions = {},
): Promise<number> {
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  await using server = await serve(app, { port: 0, host: "127.0.0.1", logger, ...options });
  const url = `ws://127.0.0.1:${server.port}/`;
  const socket = new WebSocket(url, {
    ...(origin === undefined ? {} : { origin: origin.replace("PORT", String(server.port)) }),
  });
  try {
    return await new Promise<number>((resolve) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", () => {});
    });
  } finally {
    socket.terminate();
  }
}

describe("the server's own rule for origins", () => {
  test("lets pages of its own host in, and clients that are no browsers", async () => {
    expect(await statusFor(plain, "http://127.0.0.1:PORT")).toBe(101);
    expect(await statusFor(plain, undefined)).toBe(101);
  });

  test("refuses a page of another site with 403", async () => {
    expect(await statusFor(plain, "https://evil.example")).toBe(403);
    expect(await statusFor(plain, "null")).toBe(403);
  });

  test("is the origins option where one is given", async () => {
    expect(await statusFor(plain, "https://friend.example", { origins: ["https://friend.example"] })).toBe(101);
    expect(await statusFor(plain, "https://evil.example", { origins: "*" })).toBe(101);
  });

  test("gives way to allowOrigins in the application", async () => {
    expect(await statusFor(partners, "https://partner.example")).toBe(101);
    expect(await statusFor(partners, "https://evil.example")).toBe(403);
  });
});
