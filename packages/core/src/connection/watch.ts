/** Something that runs a handler, and may run it for too long. */
export interface Watched {
  /** The hook or handler that runs now. */
  readonly handlerName: string;
  readonly consumerName: string;
  readonly path: string;
  readonly connectionId: string;
  /** When the handler started, in `performance.now()` milliseconds. */
  readonly runningSinceMs: number;
  watch: "out" | "running" | "resting";
  /** Called at every tick while it runs; forces an end that waits for too long. */
  handleTick(nowMs: number): void;
}

/** A handler that runs at this moment, as a debug page shows it. */
export interface RunningHandler {
  readonly consumer: string;
  readonly handler: string;
  readonly path: string;
  readonly connectionId: string;
  readonly ageMs: number;
}

const tickMs = 250;

/**
 * Keeps what runs in view, with one timer a server and none a connection.
 *
 * The timer exists only while something runs, so an idle server has none.
 */
export class Watch {
  readonly #watched = new Set<Watched>();
  #running = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #started = 0;
  #waiters: (() => void)[] = [];

  /** Everything begun and not yet ended: handlers, handshakes, closing hooks. Tests wait for 0. */
  get active(): number {
    return this.#started + this.#running;
  }

  add(watched: Watched): void {
    if (watched.watch === "running") return;
    this.#running++;
    if (watched.watch === "out") this.#watched.add(watched);
    watched.watch = "running";
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** It runs no more, and may soon run again: it is looked at until the next tick, which costs less than to forget it now. */
  rest(watched: Watched): void {
    if (watched.watch !== "running") return;
    watched.watch = "resting";
    this.#running--;
    this.#tellIdle();
  }

  /** It will not run again. */
  delete(watched: Watched): void {
    if (watched.watch === "running") this.#running--;
    watched.watch = "out";
    this.#watched.delete(watched);
    this.#tellIdle();
  }

  /** Counts work that is not a handler until it settles. */
  async track<Value>(work: Promise<Value>): Promise<Value> {
    this.#started++;
    try {
      return await work;
    } finally {
      this.#started--;
      this.#tellIdle();
    }
  }

  /** Resolves when nothing runs any more. */
  whenIdle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** What runs now, oldest first. */
  list(): RunningHandler[] {
    const now = performance.now();
    return [...this.#watched]
      .filter((w) => w.watch === "running")
      .map((w) => ({
        consumer: w.consumerName,
        handler: w.handlerName,
        path: w.path,
        connectionId: w.connectionId,
        ageMs: Math.round(now - w.runningSinceMs),
      }))
      .toSorted((a, b) => b.ageMs - a.ageMs);
  }

  #tellIdle(): void {
    if (this.#waiters.length === 0 || this.active > 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #tick(): void {
    const now = performance.now();
    for (const watched of this.#watched) {
      if (watched.watch === "running") watched.handleTick(now);
      else {
        watched.watch = "out";
        this.#watched.delete(watched);
      }
    }
    if (this.#watched.size > 0) return;
    // Ended here and not in `delete`: a busy server would make a timer for every handler.
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
