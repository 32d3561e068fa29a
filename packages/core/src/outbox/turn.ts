import { Batch } from "./batch.ts";
import type { FrameEncoder } from "./frame.ts";

/** Something that collects during a turn and writes at its end. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes every outbox of one kind of transport at the end of the event-loop turn.
 *
 * The end is `setImmediate`, not `nextTick`, whose queue drains after each socket's read and so joins nothing.
 */
export class OutboxTurn {
  readonly encoder: FrameEncoder;
  root: Batch = new Batch();
  readonly #schedule: (flush: () => void) => void;
  #dirty: Flushable[] = [];
  #spare: Flushable[] = [];
  readonly #flush = (): void => {
    const outboxes = this.#dirty;
    this.#dirty = this.#spare;
    this.root = new Batch();
    for (const outbox of outboxes) outbox.flush();
    outboxes.length = 0;
    this.#spare = outboxes;
  };

  constructor(encoder: FrameEncoder, schedule: (flush: () => void) => void) {
    this.encoder = encoder;
    this.#schedule = schedule;
  }

  /** Whether frames wait for the end of the turn. */
  get isPending(): boolean {
    return this.#dirty.length > 0;
  }

  add(outbox: Flushable): void {
    if (this.#dirty.push(outbox) === 1) this.#schedule(this.#flush);
  }
}
