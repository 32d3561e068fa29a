import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import {
  acceptWebSocket,
  type HttpExchange,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type PullSocket,
  URLRouter,
} from "@solent/core";

const workMs = 500;

/** One path for both: a browser that asks for it gets the page, and the page's socket gets the loop. */
async function echo(peer: PullSocket | HttpExchange) {
  if (peer.isWebSocket()) return pull(peer);
  const page = await readFile(new URL("page.html", import.meta.url));
  return peer.sendResponse(200, page, { "content-type": "text/html; charset=utf-8" });
}

/** Takes messages when it wants them: what comes while it works waits, and when too much waits, so does the client. */
async function pull(socket: PullSocket) {
  for (;;) {
    const message = await socket.wait();
    if (message === undefined || message === "bye") return;
    await pause(workMs);
    socket.send(`wait() gave ${String(message)}`);
    socket.send(`hasMessages() is ${socket.hasMessages()}, countMessages() is ${socket.countMessages()}`);
    while (socket.hasMessages()) socket.send(`read() gave ${String(socket.read())}, ${socket.countMessages()} left`);
  }
}

export const layer = new InMemoryChannelLayer();

const routes = new URLRouter([path("/echo", acceptWebSocket(echo))]);

export const app = new ProtocolTypeRouter({ http: routes, websocket: routes });
