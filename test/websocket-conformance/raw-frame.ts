/** How the length of a payload is written: in the second byte, in two more bytes, or in eight more. */
export type LengthForm = 7 | 16 | 64;

/** A frame as a client may write it, rightly or wrongly. */
export interface FrameParts {
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits as a number: 4 is RSV1, 2 is RSV2, 1 is RSV3. @default 0 */
  readonly rsv?: number;
  /** 0 continues, 1 is text, 2 binary, 8 closes, 9 pings, 10 pongs. */
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** @default true */
  readonly isMasked?: boolean;
  readonly maskKey?: Uint8Array;
  /** @default the shortest that fits */
  readonly lengthForm?: LengthForm;
  /** What the head says, where that is not the payload's length. */
  readonly declaredLength?: bigint;
}

const someKey = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** Writes a frame bit by bit (RFC 6455 section 5.2). */
export function rawFrame(parts: FrameParts): Buffer {
  const { fin = true, rsv = 0, opcode, payload = "", isMasked = true, maskKey = someKey } = parts;
  const content = Buffer.from(payload as string);
  const length = parts.declaredLength ?? BigInt(content.length);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const head = Buffer.concat([
    Buffer.from([first]),
    lengthBytes(length, { form: parts.lengthForm ?? shortestForm(length), isMasked }),
  ]);
  if (!isMasked) return Buffer.concat([head, content]);
  return Buffer.concat([head, maskKey, content.map((byte, index) => byte ^ (maskKey[index % 4] as number))]);
}

function shortestForm(length: bigint): LengthForm {
  return length < 126n ? 7 : length < 65_536n ? 16 : 64;
}

function lengthBytes(length: bigint, { form, isMasked }: { form: LengthForm; isMasked: boolean }): Buffer {
  const maskBit = isMasked ? 0x80 : 0;
  if (form === 7) return Buffer.from([maskBit | Number(length)]);
  const bytes = Buffer.alloc(form === 16 ? 3 : 9);
  bytes[0] = maskBit | (form === 16 ? 126 : 127);
  if (form === 16) bytes.writeUInt16BE(Number(length), 1);
  else bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** The payload of a close frame: two bytes of code, and a reason. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)]);
}

/** A frame as it was read. */
export interface ReadFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Unmasked, where the mask bit is set. */
  readonly isMasked: boolean;
  /** Whether its length is written in the fewest bytes. */
  readonly isShortest: boolean;
  /** All of its bytes. */
  readonly size: number;
}

/** Reads the frame that some bytes begin with; `undefined` while it is not all there. */
export function readFrame(bytes: Buffer): ReadFrame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const form: LengthForm = short < 126 ? 7 : short === 126 ? 16 : 64;
  const lengthEnd = form === 7 ? 2 : form === 16 ? 4 : 10;
  const isMasked = second >= 0x80;
  const head = lengthEnd + (isMasked ? 4 : 0);
  if (bytes.length < head) return undefined;
  const length = form === 7 ? BigInt(short) : form === 16 ? BigInt(bytes.readUInt16BE(2)) : bytes.readBigUInt64BE(2);
  const size = head + Number(length);
  if (bytes.length < size) return undefined;
  const key = bytes.subarray(lengthEnd, head);
  const content = bytes.subarray(head, size);
  return {
    fin: first >= 0x80,
    rsv: (first >> 4) & 7,
    opcode: first & 0x0f,
    payload: isMasked
      ? (content.map((byte, index) => byte ^ (key[index % 4] as number)) as Buffer)
      : Buffer.from(content),
    isMasked,
    isShortest: form === shortestForm(length),
    size,
  };
}
