import type { FrameEncoder } from "../../outbox/frame.ts";

/** How what goes down is written into answers. */
export interface DownFormat {
  /** The headers of an answer in this format. */
  readonly headers: Readonly<Record<string, string>>;
  readonly encoder: FrameEncoder;
  /** About 2 KB that a reader passes over: some proxies hold an answer back until they have so much of it. */
  readonly padding: Buffer;
  /** The connection is accepted, and `id` is its secret name. */
  open(id: string): Buffer;
  /** The page is asked for a sign of life. */
  readonly ping: Buffer;
  /** The connection has ended. */
  close(code: number, reason: string): Buffer;
}

/** How much padding is written. */
export const paddingBytes = 2_048;

/** The headers of an answer that is written on and on, of this type. */
export function headersOf(contentType: string): Readonly<Record<string, string>> {
  return Object.freeze({
    "content-type": contentType,
    // Neither kept, nor compressed on the way: a compressor waits for more.
    "cache-control": "no-store, no-transform",
    // nginx collects answers otherwise.
    "x-accel-buffering": "no",
  });
}
