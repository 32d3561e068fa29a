import { Buffer } from "node:buffer";

/** Base64 of RFC 4648 with padding: section 4, or section 5, which may stand in an address. */
export type Alphabet = "base64" | "base64url";

/** Writes bytes as base64, with padding. */
export function toBase64(bytes: Uint8Array, alphabet: Alphabet): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(alphabet);
  // Node leaves the padding out of "base64url".
  return text.padEnd(4 * Math.ceil(text.length / 4), "=");
}

/** Reads base64 that is written exactly as `toBase64` writes it; `undefined` for any other text. */
export function fromBase64(text: string, alphabet: Alphabet): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text, alphabet));
  // Node skips what it does not understand.
  return toBase64(bytes, alphabet) === text ? bytes : undefined;
}
