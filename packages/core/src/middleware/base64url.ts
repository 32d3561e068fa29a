const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const valueOf: ReadonlyMap<string, number> = new Map(alphabet.split("").map((letter, value) => [letter, value]));

/** Writes bytes as base64url (RFC 4648 section 5), without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += alphabet.charAt((bits >> count) & 63);
    }
    bits &= (1 << count) - 1;
  }
  return count === 0 ? text : text + alphabet.charAt((bits << (6 - count)) & 63);
}

/**
 * Reads base64url, and only its one canonical form: no padding, no other letters, no stray bits at the end.
 *
 * Two texts for the same bytes would let anybody change a signed value without breaking its signature.
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const letter of text) {
    const value = valueOf.get(letter);
    if (value === undefined) return undefined;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >> count) & 255;
    }
    bits &= (1 << count) - 1;
  }
  // Six bits left over are a letter too many; set bits left over are a second spelling.
  return count >= 6 || bits !== 0 ? undefined : bytes;
}
