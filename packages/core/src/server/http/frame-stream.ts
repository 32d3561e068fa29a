import { controlFrame, webSocketEncoder } from "../websocket-frame.ts";
import { streamHeaders } from "../../connection/stream-headers.ts";
import { type DownFormat, paddingBytes } from "./down-format.ts";

/** A pong that nobody asked for means nothing (RFC 6455 section 5.5.3), and has at most so many bytes (5.5). */
const pong = controlFrame("pong", Buffer.alloc(125));

/**
 * Frames as a WebSocket server writes them (RFC 6455 section 5.2), in an answer that goes on.
 *
 * Bytes go as they are, and what is written for WebSockets is written for this too. The first text is not a message:
 * `{"id":"…"}` opens the connection. It is no header, since an answer may be held back whose headers are there.
 */
export const frameStream: DownFormat = {
  headers: streamHeaders("application/octet-stream"),
  encoder: webSocketEncoder,
  padding: Buffer.concat(Array.from({ length: Math.ceil(paddingBytes / pong.length) }, () => pong)),
  open: (id) => webSocketEncoder.encode(JSON.stringify({ id })) as Buffer,
  ping: controlFrame("ping"),
  close(code, reason) {
    const payload = Buffer.from(`  ${reason}`);
    payload.writeUInt16BE(code);
    return controlFrame("close", payload);
  },
};
