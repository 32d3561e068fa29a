import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const sweepMs = 50;

/** Stops listening. @returns when the last connection has ended. */
export async function stopListening(http: Server): Promise<void> {
  if (http.listening) await new Promise<void>((resolve) => void http.close(() => resolve()));
}

/** Ends the connections of an HTTP server. */
export interface Drainer {
  /** To be told of every upgrade request: its socket is no longer HTTP's. */
  readonly use: (request: IncomingMessage) => void;
  /**
   * Requests that are being answered have `graceMs` to end; connections that are only kept alive, or were opened ahead of
   * a request as browsers do, end at once. Resolves with `ended`.
   */
  readonly drain: (graceMs: number, ended: Promise<void>) => Promise<void>;
}

/** Watches the connections of an HTTP server from their beginning, to end them in an order. */
export function drainer(http: Server): Drainer {
  // Node itself takes a connection that never sent anything for one with a request under way.
  const unused = new Set<Socket>();
  function forget(this: Socket): void {
    unused.delete(this);
  }
  const use = ({ socket }: IncomingMessage): void => {
    if (unused.delete(socket)) socket.removeListener("close", forget);
  };
  http.on("connection", (socket) => void unused.add(socket.once("close", forget)));
  http.on("request", use);
  const drain = async (graceMs: number, ended: Promise<void>): Promise<void> => {
    const sweep = setInterval(() => http.closeIdleConnections(), sweepMs);
    const cut = setTimeout(() => http.closeAllConnections(), graceMs);
    http.closeIdleConnections();
    for (const socket of unused) socket.destroy();
    await ended;
    clearInterval(sweep);
    clearTimeout(cut);
  };
  return { use, drain };
}
