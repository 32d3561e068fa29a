import type { StreamEvent } from "./event-stream.ts";

/** What the first byte of a frame says, for whole and unmasked ones; a pong says nothing. */
const names: Readonly<Record<number, string>> = { 0x81: "", 0x82: "binary", 0x88: "close", 0x89: "ping", 0x8a: "pong" };

/**
 * Reads the frames that Solent writes out of bytes that arrive in pieces, as the events of a stream.
 *
 * The part of RFC 6455 section 5.2 that a server uses; the first text is the event `open`.
 */
export class FrameReader {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #rest = new Uint8Array();
  #isOpen = false;

  /**
   * The events that are complete with this piece.
   *
   * @throws {Error} when the bytes are no such frames: something on the way has answered.
   */
  read(piece: Uint8Array): StreamEvent[] {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const events: StreamEvent[] = [];
    let at = 0;
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
      events.push(this.#event(bytes.subarray(at, end)));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return events;
  }

  #event(frame: Uint8Array): StreamEvent {
    const name = names[frame[0] as number] ?? "";
    const payload = frame.subarray(headOf(frame[1] as number));
    if (name === "close") {
      const code = viewOf(payload).getUint16(0);
      return { name, data: JSON.stringify({ code, reason: this.#decoder.decode(payload.subarray(2)) }) };
    }
    // Bytes are for whoever reads them himself.
    if (name !== "") return { name, data: "" };
    const data = this.#decoder.decode(payload);
    if (this.#isOpen) return { name, data };
    this.#isOpen = true;
    return { name: "open", data };
  }
}

/** Where the frame at `at` ends; Infinity while its head is not whole. */
function endOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  const length = bytes[at + 1];
  if ((first !== undefined && names[first] === undefined) || (length ?? 0) > 127) throw new Error("no frame");
  if (length === undefined) return Infinity;
  const start = at + headOf(length);
  if (start > bytes.length) return Infinity;
  const view = viewOf(bytes);
  if (length < 126) return start + length;
  return start + (length === 126 ? view.getUint16(at + 2) : Number(view.getBigUint64(at + 2)));
}

function headOf(length: number): number {
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
