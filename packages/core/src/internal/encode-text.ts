const slabBytes = 65_536;
const maxSlabText = 2048;

const encoder = new TextEncoder();
let slab = new Uint8Array(slabBytes);
let at = 0;

/**
 * The UTF-8 bytes of a text.
 *
 * A short one stands in memory that it shares with others, as a Node `Buffer` does: memory of its own costs four times as much
 * as the encoding. Whoever keeps the bytes for long keeps 64 KiB.
 */
export function encodeText(text: string): Uint8Array {
  // A UTF-16 unit has at most three bytes in UTF-8.
  const room = text.length * 3;
  if (text.length > maxSlabText) return encoder.encode(text);
  if (at + room > slabBytes) {
    slab = new Uint8Array(slabBytes);
    at = 0;
  }
  const start = at;
  at += encoder.encodeInto(text, slab.subarray(start, start + room)).written;
  return slab.subarray(start, at);
}
