import type { FrameEncoder } from "../outbox/frame.ts";

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
