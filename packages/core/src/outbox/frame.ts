import { memoOf } from "../internal/snapshot.ts";

/** Turns a payload into the bytes of one transport: WebSocket framing, an SSE event, or nothing at all. */
export interface FrameEncoder {
  encode(payload: string | Uint8Array): Uint8Array;
}

/**
 * One message on its way out. Its bytes are made once and shared by every connection of the same transport.
 *
 * The members of a room may come by several transports in any order, so what was made for another is kept beside it.
 */
export class Frame {
  readonly payload: string | Uint8Array;
  #encoder: FrameEncoder | undefined;
  #bytes: Uint8Array | undefined;
  #size = 0;
  // The same payload for another encoder: most frames have one encoder, and then this is all that a second one costs.
  #other: Frame | undefined;

  constructor(payload: string | Uint8Array) {
    this.payload = payload;
  }

  /** The bytes for `encoder`; remembered for each encoder, of which a process has two. */
  bytes(encoder: FrameEncoder): Uint8Array {
    if (this.#encoder === encoder && this.#bytes !== undefined) return this.#bytes;
    if (this.#encoder !== encoder && this.#encoder !== undefined) return this.#beside().bytes(encoder);
    this.#encoder = encoder;
    this.#bytes = encoder.encode(this.payload);
    this.#size = this.#bytes.length;
    return this.#bytes;
  }

  /** How many bytes it has for `encoder`. */
  size(encoder: FrameEncoder): number {
    if (this.#encoder === encoder) return this.#size;
    return this.#encoder === undefined ? this.bytes(encoder).length : this.#beside().size(encoder);
  }

  /** Lets its bytes go, for one that will wait: they may stand in a slab that holds many others. Its size stays known. */
  forgetBytes(): void {
    this.#bytes = undefined;
    this.#other?.forgetBytes();
  }

  #beside(): Frame {
    return (this.#other ??= new Frame(this.payload));
  }
}

/** What is remembered on a snapshot: the last frame made of it, and for what. */
interface FrameMemo {
  type: string | undefined;
  lane: number;
  frame: Frame | undefined;
}

let lastText = "";
let lastFrame: Frame = new Frame("");

/** The frame of a text. Equal texts in a row share one frame. */
export function textFrame(text: string): Frame {
  if (text !== lastText) {
    lastText = text;
    lastFrame = new Frame(text);
  }
  return lastFrame;
}

/** The frame of some bytes, copied: the caller may reuse its buffer, and what was sent must not change. */
export function binaryFrame(bytes: Uint8Array): Frame {
  // Not `slice()`: of a Node `Buffer` that is a view of the same memory.
  return new Frame(new Uint8Array(bytes));
}

/**
 * The envelope frame of a message: `{"type":…,"data":…}`.
 *
 * An event's snapshot remembers its frame, so a thousand members that pass an event on encode it once. Only snapshots
 * remember: a user's own object may change between two sends, so its text is made every time.
 *
 * @param lane the consumer's number on a shared connection; 0 is the first and is left out of the frame.
 */
export function messageFrame(type: string, data: unknown, lane: number): Frame {
  const memo = typeof data === "object" && data !== null ? (memoOf(data) as FrameMemo | undefined) : undefined;
  if (memo === undefined) return textFrame(envelope(type, data, lane));
  if (memo.type === type && memo.lane === lane && memo.frame !== undefined) return memo.frame;
  memo.type = type;
  memo.lane = lane;
  return (memo.frame = new Frame(envelope(type, data, lane)));
}

function envelope(type: string, data: unknown, lane: number): string {
  // Message types are [a-z][A-Za-z0-9]*, so they need no escaping.
  const head = lane === 0 ? `{"type":"${type}"` : `{"ch":${lane},"type":"${type}"`;
  return data === undefined ? `${head}}` : `${head},"data":${JSON.stringify(data)}}`;
}
