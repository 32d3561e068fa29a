/** What the four bits at the end of the first byte say (RFC 6455 section 5.2). */
export const opcodes: Readonly<Record<number, string>> = {
  0: "continues",
  1: "text",
  2: "bytes",
  8: "close",
  9: "ping",
  10: "pong",
};

/** A frame. */
export interface Frame {
  /** Whether it is the last of its message. */
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Four bytes: clients mask what they send, servers do not. */
  readonly maskKey?: Buffer | undefined;
}

/** A frame and its bytes, cut where its fields begin. */
export interface CutFrame extends Frame {
  readonly bytes: {
    readonly first: Buffer;
    readonly second: Buffer;
    readonly length: Buffer;
    readonly maskKey: Buffer;
    readonly payload: Buffer;
  };
}

/** Writes a frame: one byte, one more, the rest of the length, the key, the payload. */
export function writeFrame(frame: Frame): CutFrame {
  const { fin, opcode, payload, maskKey } = frame;
  const first = Buffer.from([(fin ? 0b1000_0000 : 0) | opcode]);
  const { short, length } = lengthOf(payload.length);
  const second = Buffer.from([(maskKey === undefined ? 0 : 0b1000_0000) | short]);
  const key = maskKey ?? Buffer.alloc(0);
  return { ...frame, bytes: { first, second, length, maskKey: key, payload: masked(payload, maskKey) } };
}

/** Reads the frame that some bytes begin with; `undefined` while it is not all there. */
export function readFrame(bytes: Buffer): CutFrame | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const short = second & 0b0111_1111;
  const keyAt = short < 126 ? 2 : short === 126 ? 4 : 10;
  const payloadAt = keyAt + (second & 0b1000_0000 ? 4 : 0);
  if (bytes.length < payloadAt) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < payloadAt + length) return undefined;
  const maskKey = payloadAt === keyAt ? undefined : bytes.subarray(keyAt, payloadAt);
  const content = bytes.subarray(payloadAt, payloadAt + length);
  return {
    fin: (first & 0b1000_0000) !== 0,
    opcode: first & 0b0000_1111,
    payload: masked(content, maskKey),
    maskKey,
    bytes: {
      first: bytes.subarray(0, 1),
      second: bytes.subarray(1, 2),
      length: bytes.subarray(2, keyAt),
      maskKey: bytes.subarray(keyAt, payloadAt),
      payload: content,
    },
  };
}

/** Seven bits hold a length of up to 125; 126 says that two more bytes do, 127 that eight do. */
function lengthOf(length: number): { readonly short: number; readonly length: Buffer } {
  if (length < 126) return { short: length, length: Buffer.alloc(0) };
  const more = Buffer.alloc(length < 65_536 ? 2 : 8);
  if (more.length === 2) more.writeUInt16BE(length);
  else more.writeBigUInt64BE(BigInt(length));
  return { short: more.length === 2 ? 126 : 127, length: more };
}

/** Each byte is combined with one of the key's, in turn; doing it again takes the mask off. */
function masked(payload: Buffer, key: Buffer | undefined): Buffer {
  if (key === undefined) return payload;
  return Buffer.from(payload.map((byte, index) => byte ^ (key[index % 4] as number)));
}
