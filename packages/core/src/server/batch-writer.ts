import type { Writable } from "node:stream";
import type { Batch } from "../outbox/batch.ts";
import type { FrameEncoder } from "../outbox/frame.ts";

/** Batches up to this size are joined into one buffer that all their connections share; larger ones are written frame by frame. */
export const maxJoinedBytes = 65_536;
/** TLS cuts records at 16 KiB anyway. */
const maxJoinedTlsBytes = 16_384;

/** Writes what one turn collected: as one buffer where that is cheaper, else frame by frame under cork. */
export function writeBatch(socket: Writable, batch: Batch, encoder: FrameEncoder): void {
  if (batch.count === 1) socket.write((batch.frame as NonNullable<Batch["frame"]>).bytes(encoder));
  else if (batch.bytes <= ("encrypted" in socket ? maxJoinedTlsBytes : maxJoinedBytes)) {
    socket.write((batch.joined ??= joinBatch(batch, encoder)));
  } else {
    socket.cork();
    for (const frame of batch.frames()) socket.write(frame.bytes(encoder));
    socket.uncork();
  }
}

/** The bytes of a whole batch. */
export function joinBatch(batch: Batch, encoder: FrameEncoder): Buffer {
  return Buffer.concat(
    batch.frames().map((frame) => frame.bytes(encoder)),
    batch.bytes,
  );
}
