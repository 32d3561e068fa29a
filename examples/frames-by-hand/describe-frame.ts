import { type CutFrame, opcodes } from "./frame.ts";

/** A frame for people. */
export interface FrameReport {
  readonly from: "client" | "server";
  /** All of its bytes, and those before the payload. */
  readonly size: number;
  readonly headSize: number;
  readonly fields: readonly Field[];
}

/** Some bytes of a frame: which, what they are, and what they say. */
export interface Field {
  readonly name: string;
  /** In hexadecimal; of a long payload the first of them. */
  readonly hex: string;
  readonly says: string;
}

const SHOWN_BYTES = 24;
const SHOWN_CHARACTERS = 60;

/** Says of each byte of a frame what it is for. */
export function describeFrame(from: FrameReport["from"], frame: CutFrame): FrameReport {
  const { fin, opcode, payload, bytes } = frame;
  const opcodeBits = opcode.toString(2).padStart(4, "0");
  const fields = [
    field("fin and opcode", bytes.first, {
      says: `${fin ? "1: the last fragment" : "0: more fragments follow"}; ${opcodeBits}: ${opcodes[opcode] ?? "unknown"}`,
    }),
    field("mask and length", bytes.second, {
      says: `${frame.maskKey ? "1: masked" : "0: not masked"}; ${lengthClass(bytes.second, payload.length)}`,
    }),
    field("length", bytes.length, { says: `${payload.length}, in ${bytes.length.length * 8} bits` }),
    field("masking key", bytes.maskKey, {
      says: "each byte of the payload is combined with one of these by XOR, in turn",
    }),
    field(frame.maskKey ? "masked payload" : "payload", bytes.payload, { says: contentOf(frame) }),
  ].filter(({ hex }) => hex !== "");
  const size = Object.values(bytes).reduce((sum, { length }) => sum + length, 0);
  return { from, size, headSize: size - bytes.payload.length, fields };
}

function field(name: string, bytes: Buffer, { says }: { readonly says: string }): Field {
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { name, hex: bytes.length > SHOWN_BYTES ? `${shown} …` : shown, says };
}

function lengthClass(second: Buffer, length: number): string {
  const short = second.readUInt8() & 0b0111_1111;
  if (short < 126) return `length ${length}, in these 7 bits`;
  return `${short}: the length is in the next ${short === 126 ? "2" : "8"} bytes`;
}

function contentOf({ opcode, payload }: CutFrame): string {
  if (opcode === 8)
    return payload.length < 2 ? "no code" : `code ${payload.readUInt16BE()}${payload.toString("utf8", 2)}`;
  const text = payload.toString("utf8");
  const characters = Array.from(text);
  if (characters.length <= SHOWN_CHARACTERS) return `“${text}”`;
  return `“${characters.slice(0, SHOWN_CHARACTERS).join("")}…”, ${payload.length} bytes`;
}
