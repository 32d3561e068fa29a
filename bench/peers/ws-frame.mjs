// A text as the bytes of one WebSocket frame, made by `ws` itself.
import { Sender } from "ws";

export function frameOf(text) {
  const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
  return Buffer.concat(Sender.frame(Buffer.from(text), options));
}
