import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Denial } from "../connection/transport.ts";

/** How a client learns that its connection was denied: by an HTTP status, or by a close code where it understands those. */
export type Denials = "status" | "closeCode";

/** Answers an upgrade request with a plain HTTP response, and ends its socket. */
export function refuse(socket: Duplex, denial: Denial): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers } = denial;
  const reason = STATUS_CODES[status] ?? "Refused";
  const body = denial.body === "" ? `${status} ${reason}\n` : denial.body;
  const lines = Object.entries({
    connection: "close",
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, " ")}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`);
}
