import type { FrameEncoder } from "../../outbox/frame.ts";

/**
 * Messages as events of `text/event-stream` (HTML standard, "Server-sent events"), which all ways over HTTP speak.
 *
 * A text is the `data` of an event without a name; one with line breaks, which that format would change, is the event `text`
 * with the text as JSON. Bytes are the event `binary`, in base64.
 */
export const eventStreamEncoder: FrameEncoder = {
  encode(payload: string | Uint8Array): Buffer {
    if (typeof payload !== "string") return namedEvent("binary", base64(payload));
    if (lineBreak.test(payload)) return namedEvent("text", JSON.stringify(payload));
    return Buffer.from(`data: ${payload}\n\n`);
  },
};

const lineBreak = /[\r\n]/;

/** An event of Solent's own: `open`, `batch`, `ping`, `close`. */
export function controlEvent(name: "open" | "batch" | "ping" | "close", data: unknown): Buffer {
  return namedEvent(name, JSON.stringify(data));
}

/** The headers of an answer in this format. */
export const eventStreamHeaders: Readonly<Record<string, string>> = Object.freeze({
  "content-type": "text/event-stream; charset=utf-8",
  // Neither kept, nor compressed on the way: a compressor waits for more.
  "cache-control": "no-store, no-transform",
  // nginx collects answers otherwise.
  "x-accel-buffering": "no",
});

function namedEvent(name: string, data: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${data}\n\n`);
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
