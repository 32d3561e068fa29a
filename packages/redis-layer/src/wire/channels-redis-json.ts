import { requireWireValue, type WireCodec } from "./codec.ts";
import { parseJson, textBytes } from "./json-text.ts";

/**
 * Values as JSON, byte for byte as Python's `json.dumps` writes them.
 *
 * That is with a blank after each comma and colon, and everything that is not printable ASCII escaped. An integer up to
 * 2^53 - 1 is written as one, and any other number as Python writes a float; a larger integer from Python is refused, since it
 * could only be rounded. Bytes are refused: this format has no form for them.
 */
export const channelsRedisJsonCodec: WireCodec = Object.freeze({ name: "json", encode, decode });

const rules = { allowsBytes: false, allowsLoneSurrogates: true };

function encode(value: unknown): Uint8Array {
  requireWireValue(value, rules);
  return textBytes(written(value));
}

function decode(bytes: Uint8Array): unknown {
  const value = parseJson(bytes, (literal) => Number.isSafeInteger(Number(literal)));
  requireWireValue(value, rules);
  return value;
}

function written(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : float(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${entries.map(([key, field]) => `${quoted(key)}: ${written(field)}`).join(", ")}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

// Both languages take the shortest digits that read back as the same number; only where they switch to exponents differs.
function float(number: number): string {
  const [digits = "", exponent = ""] = number.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const text = String(number);
  return text.includes(".") ? text : `${text}.0`;
}
