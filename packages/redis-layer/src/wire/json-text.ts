import { WireRefusal } from "./codec.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes of a text, in UTF-8. */
export function textBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Parses JSON, and refuses an integer that a number would round in silence.
 *
 * @param isKept  whether an integer, as it is written, survives as a number; asked about long ones only.
 * @throws {WireRefusal} when it is not UTF-8, not JSON, or such an integer.
 */
export function parseJson(bytes: Uint8Array, isKept: (literal: string) => boolean): unknown {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new WireRefusal("is not JSON in UTF-8", { cause });
  }
  // Nearly no text has sixteen digits in a row, and shorter integers are exact.
  if (/\d{16}/.test(text) && !longIntegers(text).every(isKept)) {
    throw new WireRefusal("has an integer that a number cannot hold exactly");
  }
  return value;
}

const zero = 0x30;
const nine = 0x39;

/** The integers of sixteen digits and more in a text that is JSON. */
function longIntegers(json: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(json, at + 1);
    } else if (code === 0x2d || (code >= zero && code <= nine)) {
      const end = endOfNumber(json, at + 1);
      const literal = json.slice(at, end);
      if (literal.length >= 16 && !/[.eE]/.test(literal)) found.push(literal);
      at = end;
    } else {
      at += 1;
    }
  }
  return found;
}

function endOfString(json: string, from: number): number {
  let at = from;
  while (at < json.length && json.charCodeAt(at) !== 0x22) at += json.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}

function endOfNumber(json: string, from: number): number {
  let at = from;
  while (at < json.length && "0123456789+-.eE".includes(json.charAt(at))) at += 1;
  return at;
}
