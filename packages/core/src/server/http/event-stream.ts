import type { FrameEncoder } from "../../outbox/frame.ts";
import { streamHeaders } from "../../connection/stream-headers.ts";
import { type DownFormat, paddingBytes } from "./down-format.ts";

/** Events of `text/event-stream` (HTML standard, "Server-sent events"): one answer that goes on, and the answers to polls. */
export const eventStream: DownFormat = {
  headers: streamHeaders("text/event-stream; charset=utf-8"),
  // A text is the `data` of an event without a name; one with line breaks, which that format would change, is the event
  // `text` with the text as JSON. Bytes are the event `binary`, in base64.
  encoder: {
    encode(payload: string | Uint8Array): Buffer {
      if (typeof payload !== "string") return namedEvent("binary", base64(payload));
      if (lineBreak.test(payload)) return namedEvent("text", JSON.stringify(payload));
      return Buffer.from(`data: ${payload}\n\n`);
    },
  } satisfies FrameEncoder,
  padding: Buffer.from(`:${" ".repeat(paddingBytes)}\n\n`),
  open: (id) => namedEvent("open", JSON.stringify({ id })),
  ping: namedEvent("ping", "{}"),
  close: (code, reason) => namedEvent("close", JSON.stringify({ code, reason })),
};

const lineBreak = /[\r\n]/;

/** The first event of the answer to a poll. */
export function batchEvent(number: number): Buffer {
  return namedEvent("batch", `${number}`);
}

function namedEvent(name: string, data: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${data}\n\n`);
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
