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
