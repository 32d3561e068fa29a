import type { Socket } from "node:net";

/** How bytes travel; shared by all connections of a proxy, and may change at any time. */
export interface Weather {
  /** Nothing is forwarded, not even an end. */
  isFrozen: boolean;
  delayMs: number;
  /** In each direction of each connection; undefined: as fast as it goes. */
  bytesPerSecond: number | undefined;
}

export interface PumpOptions {
  readonly source: Socket;
  readonly sink: Socket;
  readonly weather: Weather;
  /** What it holds before it stops reading. */
  readonly maxQueuedBytes: number;
  /** Answers whether the source must not be read now for another reason. */
  readonly isHeldBack: () => boolean;
}

const SLICES_PER_SECOND = 50;

/**
 * One direction of a proxied connection: a queue of frames with a limit, written when their time has come.
 *
 * Beyond the limit it stops reading, so that the sender feels the backpressure of a slow receiver.
 */
export class Pump {
  readonly #options: PumpOptions;
  readonly #queue: { bytes: Buffer; readonly dueMs: number }[] = [];
  #queuedBytes = 0;
  #isOver = false;
  #isFull = false;
  /** When the next slice may leave. */
  #paceMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    options.sink.on("drain", () => {
      this.#isFull = false;
      this.flush();
    });
  }

  /** Queues whole frames. */
  write(bytes: Buffer): void {
    this.#queue.push({ bytes, dueMs: performance.now() + this.#options.weather.delayMs });
    this.#queuedBytes += bytes.length;
    this.flush();
  }

  /** Ends the sink after what is queued. */
  end(): void {
    this.#isOver = true;
    this.flush();
  }

  /** Writes what may be written now, sets a timer for the rest, and reads on or not; to be called when the weather changes. */
  flush(): void {
    const { sink, source, weather, maxQueuedBytes, isHeldBack } = this.#options;
    clearTimeout(this.#timer);
    if (sink.destroyed) return;
    while (!weather.isFrozen && !this.#isFull && this.#queue.length > 0) {
      const nowMs = performance.now();
      const paceMs = weather.bytesPerSecond === undefined ? 0 : this.#paceMs;
      const waitMs = Math.max(this.#queue[0]!.dueMs, paceMs) - nowMs;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flush(), Math.ceil(waitMs));
        break;
      }
      this.#isFull = !sink.write(this.#slice(nowMs));
    }
    if (this.#isOver && this.#queue.length === 0 && !weather.isFrozen) sink.end();
    if (weather.isFrozen || this.#queuedBytes > maxQueuedBytes || isHeldBack()) source.pause();
    else source.resume();
  }

  /** Drops what is queued. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }

  /** Takes as much off the queue as may leave at once. */
  #slice(nowMs: number): Buffer {
    const head = this.#queue[0]!;
    const rate = this.#options.weather.bytesPerSecond;
    const most = rate === undefined ? head.bytes.length : Math.max(1, Math.floor(rate / SLICES_PER_SECOND));
    const slice = head.bytes.subarray(0, most);
    head.bytes = head.bytes.subarray(slice.length);
    if (head.bytes.length === 0) this.#queue.shift();
    this.#queuedBytes -= slice.length;
    if (rate !== undefined) this.#paceMs = Math.max(this.#paceMs, nowMs) + (slice.length / rate) * 1000;
    return slice;
  }
}
