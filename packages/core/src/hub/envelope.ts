import { encodeText } from "../internal/encode-text.ts";
import type { WireCodec } from "../layer/wire-codec.ts";

/**
 * How values travel between nodes: one version byte, one byte for the form, then JSON, or what the layer's codec makes of it.
 *
 * With bytes in the value the form is 1 and the JSON, whose length precedes it in four bytes, is `[value, parts]`: each
 * part is the path and the length of a `Uint8Array` that is `null` in the value, and follows at the end. Form 2 is the codec's.
 */
const version = 1;
const plainForm = 0;
const binaryForm = 1;
const codecForm = 2;

// Written with the text behind it, they are the two bytes.
const plainStart = String.fromCharCode(version, plainForm);
const decoder = new TextDecoder("utf-8", { fatal: true });

type Path = (string | number)[];

/** What was in an envelope, or why nothing could be read. */
export type Opened =
  | { readonly outcome: "value"; readonly value: unknown }
  | { readonly outcome: "unknownVersion" | "malformed" };

/** Puts plain JSON values into an envelope. */
export function seal(value: unknown): Uint8Array {
  return encodeText(plainStart + JSON.stringify(value));
}

/** Puts JSON values and `Uint8Array`s into an envelope. */
export function sealBinary(value: unknown): Uint8Array {
  const parts: { readonly path: Path; readonly bytes: Uint8Array }[] = [];
  const withoutBytes = takeOut(value, [], parts);
  const json = encodeText(JSON.stringify([withoutBytes, parts.map((part) => [part.path, part.bytes.byteLength])]));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.byteLength, 6 + json.byteLength));
  bytes[0] = version;
  bytes[1] = binaryForm;
  new DataView(bytes.buffer).setUint32(2, json.byteLength);
  bytes.set(json, 6);
  let at = 6 + json.byteLength;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.byteLength;
  }
  return bytes;
}

/**
 * JSON as a codec: with `Uint8Array`s anywhere in the value.
 *
 * What a layer writes in clear is the same JSON without this; it is for what wraps it, such as encryption.
 */
export const jsonCodec: WireCodec = Object.freeze({
  encode: (value: unknown) => sealBinary(value).subarray(2),
  decode: (bytes: Uint8Array) => openBinary(bytes, 0),
});

/** Puts a value into an envelope, written by a codec. */
export function sealWith(codec: WireCodec, value: unknown): Uint8Array {
  const written = codec.encode(value);
  const bytes = new Uint8Array(written.byteLength + 2);
  bytes[0] = version;
  bytes[1] = codecForm;
  bytes.set(written, 2);
  return bytes;
}

/** Reads an envelope; with a codec only what that wrote. Never throws: it comes from outside. */
export function open(bytes: Uint8Array, codec?: WireCodec): Opened {
  if (bytes.byteLength < 2) return { outcome: "malformed" };
  if (bytes[0] !== version) return { outcome: "unknownVersion" };
  if ((codec === undefined) !== (bytes[1] !== codecForm)) return { outcome: "malformed" };
  try {
    if (codec !== undefined) return { outcome: "value", value: codec.decode(bytes.subarray(2)) };
    if (bytes[1] === plainForm) return { outcome: "value", value: JSON.parse(decoder.decode(bytes).slice(2)) };
    if (bytes[1] === binaryForm) return { outcome: "value", value: openBinary(bytes, 2) };
  } catch {
    // Not UTF-8, not JSON, parts that do not fit, or nothing of the codec: told below.
  }
  return { outcome: "malformed" };
}

function openBinary(bytes: Uint8Array, start: number): unknown {
  const begin = start + 4;
  const end = begin + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(start);
  const [value, parts] = JSON.parse(decoder.decode(bytes.subarray(begin, end))) as [unknown, [Path, number][]];
  const root = { value };
  let at = end;
  for (const [path, length] of parts) {
    if (!Array.isArray(path) || !Number.isSafeInteger(length) || length < 0 || at + length > bytes.byteLength)
      throw new RangeError("part");
    putIn(root, ["value", ...path], bytes.slice(at, at + length));
    at += length;
  }
  return root.value;
}

function takeOut(value: unknown, path: Path, parts: { path: Path; bytes: Uint8Array }[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    parts.push({ path, bytes: value });
    return null;
  }
  if (Array.isArray(value)) return value.map((item, i) => takeOut(item, [...path, i], parts));
  const entries = Object.entries(value).map(([key, field]) => [key, takeOut(field, [...path, key], parts)] as const);
  return Object.fromEntries(entries);
}

function putIn(root: object, path: Path, bytes: Uint8Array): void {
  let target: object = root;
  for (const key of path.slice(0, -1)) {
    const next: unknown = Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
    if (typeof next !== "object" || next === null) throw new TypeError("path");
    target = next;
  }
  const last = path.at(-1);
  // Only where the sender has left a null: a path must not reach a prototype or replace anything.
  if (last === undefined || !Object.hasOwn(target, last) || Reflect.get(target, last) !== null)
    throw new TypeError("path");
  Object.defineProperty(target, last, { value: bytes, enumerable: true, configurable: true, writable: true });
}
