import { Encoder } from "@msgpack/msgpack";
import { maxWireDepth, requireWireValue, type WireCodec } from "./codec.ts";
import { readMessagePack } from "./message-pack-reader.ts";

/**
 * Values as MessagePack, byte for byte as Python's `msgpack` writes them.
 *
 * Text is `str`, bytes are `bin`, an integer up to 2^53 - 1 takes its smallest form and any other number is a float of 64
 * bits. A Python `1.0` is read as `1`, and written back as the integer: JavaScript has one kind of number.
 *
 * A 64-bit integer beyond 2^53 - 1, which Python sends as it likes, is refused: it could only be rounded. Send such a number
 * as text. Half of a surrogate pair is refused too: UTF-8 has no form for it, and Python refuses it likewise.
 */
export const messagePackCodec: WireCodec = Object.freeze({ name: "msgpack", encode, decode: readMessagePack });

const rules = { allowsBytes: true, allowsLoneSurrogates: false };
// It counts what stands inside the innermost record as a level of its own.
const encoder = new Encoder({ ignoreUndefined: true, maxDepth: maxWireDepth + 1 });

function encode(value: unknown): Uint8Array {
  requireWireValue(value, rules);
  return encoder.encode(value);
}
