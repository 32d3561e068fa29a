import type { RedisServer } from "../connection/redis-server.ts";
import type { Place, Subscriber } from "../subscribing/subscriber.ts";

/** What the watch of queues is made of. */
export interface QueueWatchParts {
  readonly subscriber: Subscriber;
  readonly placeOf: (queue: string) => Place;
  readonly serverOf: (partition: number) => RedisServer | undefined;
  /** There may be something in the queue. */
  readonly onHint: (queue: string) => void;
  readonly onProblem: (problem: Error) => void;
}

// Where the subscription of a queue is. Never two commands for one are in flight, so that no order of answers ends wrong.
interface Watched {
  isWanted: boolean;
  isBusy: boolean;
  /** The connection that it is subscribed on. */
  on: unknown;
}

const retryMs = 1000;
const batch = 500;

/** Hears what is told of queues that have readers here: one subscription each, made again whenever it is lost. */
export class QueueWatch {
  readonly #parts: QueueWatchParts;
  readonly #watched = new Map<string, Watched>();
  readonly #dirty = new Set<string>();
  #isScheduled = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(parts: QueueWatchParts) {
    this.#parts = parts;
  }

  /** From now on, or no more. */
  watch(queue: string, isWanted: boolean): void {
    const watched = this.#watched.get(queue) ?? { isWanted, isBusy: false, on: undefined };
    watched.isWanted = isWanted;
    this.#watched.set(queue, watched);
    this.#lookSoon(queue);
  }

  /** A connection has come or gone, or partitions have moved: what is not where it should be is subscribed there. */
  look(moved?: ReadonlySet<number>): void {
    for (const [queue, watched] of this.#watched) {
      if (moved?.has(this.#parts.placeOf(queue).partition) === true) watched.on = undefined;
      this.#lookSoon(queue);
    }
  }

  /** Something was told of a queue. */
  hear(queue: string): void {
    if (this.#watched.get(queue)?.isWanted === true) this.#parts.onHint(queue);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#watched.clear();
  }

  #lookSoon(queue: string): void {
    this.#dirty.add(queue);
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#lookAtDirty();
    });
  }

  #lookAtDirty(): void {
    const [on, off]: [string[], string[]] = [[], []];
    for (const queue of this.#dirty) {
      const watched = this.#watched.get(queue);
      if (watched === undefined || watched.isBusy) continue;
      const { isWanted } = watched;
      if (isWanted && watched.on !== this.#connectionOf(queue)) on.push(queue);
      else if (!isWanted && watched.on !== undefined) off.push(queue);
      else if (!isWanted) this.#watched.delete(queue);
    }
    this.#dirty.clear();
    if (this.#isClosed) return;
    for (let i = 0; i < on.length; i += batch) void this.#subscribe(on.slice(i, i + batch));
    for (let i = 0; i < off.length; i += batch) void this.#unsubscribe(off.slice(i, i + batch));
  }

  #connectionOf(queue: string): unknown {
    return this.#parts.serverOf(this.#parts.placeOf(queue).partition)?.subscriber;
  }

  async #subscribe(queues: readonly string[]): Promise<void> {
    const connections = queues.map((queue) => this.#connectionOf(queue));
    const all = this.#setBusy(queues);
    const answers = await this.#parts.subscriber.subscribe(queues.map((queue) => this.#parts.placeOf(queue)));
    for (const [i, [queue, watched]] of all.entries()) {
      const answer = answers[i];
      const isLive = answer?.isUnavailable !== true && answer?.error === undefined;
      watched.isBusy = false;
      watched.on = isLive ? connections[i] : undefined;
      if (answer?.error !== undefined) this.#parts.onProblem(answer.error);
      // What came before it was live has not been told.
      if (isLive && watched.isWanted) this.#parts.onHint(queue);
      if (isLive) this.#lookSoon(queue);
      else this.#retryLater(queue);
    }
  }

  async #unsubscribe(queues: readonly string[]): Promise<void> {
    const all = this.#setBusy(queues);
    try {
      await this.#parts.subscriber.unsubscribe(queues.map((queue) => this.#parts.placeOf(queue)));
    } catch (error) {
      // What still arrives is ignored: only an operator can help.
      this.#parts.onProblem(error as Error);
    }
    for (const [queue, watched] of all) {
      watched.isBusy = false;
      watched.on = undefined;
      this.#lookSoon(queue);
    }
  }

  #setBusy(queues: readonly string[]): readonly (readonly [string, Watched])[] {
    return queues.flatMap((queue) => {
      const watched = this.#watched.get(queue);
      if (watched === undefined) return [];
      watched.isBusy = true;
      return [[queue, watched] as const];
    });
  }

  // The next connection, or slots that have moved, make it look sooner.
  #retryLater(queue: string): void {
    if (this.#isClosed) return;
    this.#dirty.add(queue);
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.look();
    }, retryMs);
    this.#retryTimer.unref();
  }
}
