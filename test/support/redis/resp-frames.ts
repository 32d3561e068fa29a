/** A frame of Redis's protocol as far as the proxy looks into it. */
export interface FrameHead {
  /** The first byte: "*" array, ">" push, "-" error, ... ; "" for a command in one plain line. */
  readonly type: string;
  /** How many elements an array or push has; 1 for everything else. */
  readonly count: number;
  /** Its first elements as text, up to the first one that is itself an array. */
  readonly items: readonly string[];
}

const CRLF = "\r\n";
const bulks = "$!=";
const aggregates = "*~>";
const lines = "+-:_#,(";

/**
 * Cuts a stream of RESP2 or RESP3 into frames: whole replies, pushes or commands, byte for byte.
 *
 * Holds at most `maxFrameBytes` of a frame that is not complete. RESP's streamed strings are not in any Redis up to 8.
 */
export class FrameScanner {
  readonly #maxFrameBytes: number;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes there must be before another look can bring anything. */
  #neededBytes = 1;
  /** Where the next element of the frame begins, and how many elements the frame still lacks. */
  #at = 0;
  #lacking = 1;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The frames that this chunk completes. Throws on what is not RESP, and on a frame that is too large. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) {
      this.#limit(this.#neededBytes);
      return [];
    }
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    let start = 0;
    while (this.#element(bytes)) {
      if (this.#lacking > 0) continue;
      this.#limit(this.#at - start);
      frames.push(bytes.subarray(start, this.#at));
      start = this.#at;
      this.#lacking = 1;
    }
    this.#keep(bytes.subarray(start), start);
    return frames;
  }

  /** Gives up what it holds of an incomplete frame. */
  rest(): Buffer {
    const bytes = Buffer.concat(this.#chunks);
    this.#at = 0;
    this.#lacking = 1;
    this.#neededBytes = 1;
    this.#keep(Buffer.alloc(0), 0);
    return bytes;
  }

  /** Goes over one element; answers whether it was all there. */
  #element(bytes: Buffer): boolean {
    const end = bytes.indexOf(CRLF, this.#at, "latin1");
    if (end < 0) {
      this.#neededBytes = bytes.length + 1;
      return false;
    }
    const type = String.fromCharCode(bytes[this.#at]!);
    const size = Math.max(0, Number(bytes.toString("latin1", this.#at + 1, end)));
    let next = end + CRLF.length;
    let more = -1;
    if (bulks.includes(type)) next += isNull(bytes, this.#at) ? 0 : size + CRLF.length;
    else if (aggregates.includes(type)) more = size - 1;
    else if (type === "%") more = 2 * size - 1;
    // An attribute stands before the element that it belongs to, and is none itself.
    else if (type === "|") more = 2 * size;
    else if (!lines.includes(type) && !this.#isPlainLine(bytes))
      throw new Error(`this is not RESP: ${shown(bytes, this.#at)}`);
    if (Number.isNaN(size) && (bulks + aggregates + "%|").includes(type)) {
      throw new Error(`this has no length: ${shown(bytes, this.#at)}`);
    }
    if (next > bytes.length) {
      this.#neededBytes = next;
      return false;
    }
    this.#at = next;
    this.#lacking += more;
    return true;
  }

  /** Commands may come as one line of words: "PING". They begin with a letter. */
  #isPlainLine(bytes: Buffer): boolean {
    return this.#lacking === 1 && /[A-Za-z]/.test(String.fromCharCode(bytes[this.#at]!));
  }

  #keep(bytes: Buffer, gone: number): void {
    this.#chunks = bytes.length === 0 ? [] : [bytes];
    this.#heldBytes = bytes.length;
    this.#at = Math.max(0, this.#at - gone);
    this.#neededBytes = Math.max(1, this.#neededBytes - gone);
    this.#limit(this.#heldBytes);
  }

  #limit(bytes: number): void {
    if (bytes > this.#maxFrameBytes) throw new Error(`a frame has more than ${this.#maxFrameBytes} bytes`);
  }
}

const isNull = (bytes: Buffer, at: number): boolean => bytes[at + 1] === 0x2d;
const shown = (bytes: Buffer, at: number): string => JSON.stringify(bytes.toString("latin1", at, at + 40));

/** Reads the first elements of a frame; all of them unless `most` is given. */
export function headOf(frame: Buffer, most: number = Number.POSITIVE_INFINITY): FrameHead {
  const first = frame.indexOf(CRLF, 0, "latin1");
  const type = String.fromCharCode(frame[0]!);
  const line = frame.toString("utf8", 1, first);
  if (aggregates.includes(type)) {
    const count = Math.max(0, Number(line));
    return { type, count, items: itemsOf(frame, first + CRLF.length, Math.min(most, count)) };
  }
  if (bulks.includes(type)) return { type, count: 1, items: itemsOf(frame, 0, 1) };
  if (lines.includes(type)) return { type, count: 1, items: [line] };
  const words = frame.toString("utf8", 0, first).trim().split(/\s+/);
  return { type: "", count: words.length, items: words };
}

function itemsOf(frame: Buffer, from: number, most: number): string[] {
  const items: string[] = [];
  for (let at = from; items.length < most && at < frame.length;) {
    const type = String.fromCharCode(frame[at]!);
    const end = frame.indexOf(CRLF, at, "latin1");
    const next = end + CRLF.length;
    if (lines.includes(type)) {
      items.push(frame.toString("utf8", at + 1, end));
      at = next;
    } else if (bulks.includes(type)) {
      const size = isNull(frame, at) ? -CRLF.length : Number(frame.toString("latin1", at + 1, end));
      items.push(frame.toString("utf8", next, next + Math.max(0, size)));
      at = next + size + CRLF.length;
    } else break;
  }
  return items;
}

/** A command as the array of bulk strings that clients send. */
export function commandFrame(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}${CRLF}${word}${CRLF}`);
  return Buffer.from(`*${words.length}${CRLF}${parts.join("")}`);
}
