import type { Frame } from "./frame.ts";

/**
 * The frames one connection sends in one turn, as a path in a tree that all connections of a turn share.
 *
 * Connections that send the same frames in the same order stand on the same node, so a delivery allocates nothing, and
 * the joined bytes of a node are made once for all of them.
 */
export class Batch {
  /** The last frame of the path; `undefined` only at the root. */
  readonly frame: Frame | undefined;
  /** Bytes of the whole path. */
  readonly bytes: number;
  /** Frames of the whole path. */
  readonly count: number;
  /** The bytes as the transport writes them, made by the first connection that flushes. */
  joined: Uint8Array | undefined;
  readonly #before: Batch | undefined;
  #next: Batch | undefined;

  constructor(before?: Batch, frame?: Frame, size = 0) {
    this.#before = before;
    this.frame = frame;
    this.bytes = (before?.bytes ?? 0) + size;
    this.count = before === undefined ? 0 : before.count + 1;
  }

  /** The path one frame longer. Only the last continuation is remembered: members of a group are served in a row. */
  append(frame: Frame, size: number): Batch {
    const next = this.#next;
    if (next !== undefined && next.frame === frame) return next;
    return (this.#next = new Batch(this, frame, size));
  }

  /** The frames in order. */
  frames(): Frame[] {
    const frames = new Array<Frame>(this.count);
    frames[this.count - 1] = this.frame as Frame;
    let at = this.#before;
    for (let i = this.count - 2; i >= 0; i--) {
      frames[i] = (at as Batch).frame as Frame;
      at = (at as Batch).#before;
    }
    return frames;
  }
}
