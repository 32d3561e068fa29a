import { fromBase64, toBase64 } from "./base64.ts";
import { requireWireValue, WireRefusal, type WireCodec } from "./codec.ts";
import { parseJson, textBytes } from "./json-text.ts";

/**
 * Values as JSON, readable with `redis-cli`.
 *
 * Bytes are a record of one field, `{"$bytes": "<base64>"}`. So that nobody's own record is mistaken for that, one whose only
 * key is `$bytes`, or that with more dollar signs before it, is written with one dollar sign more.
 */
export const jsonCodec: WireCodec = Object.freeze({ name: "json", encode, decode });

const rules = { allowsBytes: true, allowsLoneSurrogates: true };
const tag = "$bytes";

function encode(value: unknown): Uint8Array {
  const hasBytes = requireWireValue(value, rules);
  const text = hasBytes ? "" : JSON.stringify(value);
  return textBytes(hasBytes || text.includes(`${tag}":`) ? JSON.stringify(tagged(value)) : text);
}

function decode(bytes: Uint8Array): unknown {
  // A large number is written with its shortest digits and zeros after them, and read back as the same number.
  const value = parseJson(bytes, (literal) => String(Number(literal)) === literal);
  requireWireValue(value, rules);
  return untagged(value);
}

function tagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { [tag]: toBase64(value, "base64") };
  if (Array.isArray(value)) return value.map(tagged);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && isTag(only[0])) return { [`$${only[0]}`]: tagged(only[1]) };
  return Object.fromEntries(entries.map(([key, field]) => [key, tagged(field)]));
}

// The value has just been parsed and nobody else has it, so it is changed in place.
function untagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record);
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && isTag(only) && !Array.isArray(value)) {
    return only === tag ? bytesOf(record[only]) : { [only.slice(1)]: untagged(record[only]) };
  }
  for (const key of keys) record[key] = untagged(record[key]);
  return value;
}

function isTag(key: string): boolean {
  return key.startsWith("$") && /^\$+bytes$/.test(key);
}

function bytesOf(text: unknown): Uint8Array {
  const bytes = typeof text === "string" ? fromBase64(text, "base64") : undefined;
  if (bytes === undefined) throw new WireRefusal(`has ${tag} that are not base64`);
  return bytes;
}
