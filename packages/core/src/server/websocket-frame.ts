import type { FrameEncoder } from "../outbox/frame.ts";

const opcodes = { close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Unmasked server frames (RFC 6455 section 5.2), never fragmented, without extensions. */
export const webSocketEncoder: FrameEncoder = {
  encode(payload: string | Uint8Array): Buffer {
    const isText = typeof payload === "string";
    const length = isText ? Buffer.byteLength(payload) : payload.length;
    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    const frame = Buffer.allocUnsafe(head + length);
    frame[0] = 0x80 | (isText ? 0x1 : 0x2);
    if (head === 2) frame[1] = length;
    else if (head === 4) {
      frame[1] = 126;
      frame.writeUInt16BE(length, 2);
    } else {
      frame[1] = 127;
      frame.writeBigUInt64BE(BigInt(length), 2);
    }
    if (isText) frame.write(payload, head);
    else frame.set(payload, head);
    return frame;
  },
};

/** A control frame (RFC 6455 section 5.5). @param payload at most 125 bytes */
export function controlFrame(kind: keyof typeof opcodes, payload: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcodes[kind], payload.length]), payload]);
}
