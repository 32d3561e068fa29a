import type { Environment } from "../connection/environment.ts";
import type { Watched } from "../connection/watch.ts";

/** The consumer whose handlers overlap. */
export interface OverlapOwner {
  readonly consumerName: string;
  readonly path: string;
  readonly connectionId: string;
  readonly environment: Environment;
  fail(error: unknown, handler: string): void;
}

/** One overlapping run. */
export interface OverlapParts {
  /** The handler's name. */
  readonly name: string;
  /** Most runs of its type at a time. */
  readonly limit: number;
  readonly work: Promise<unknown>;
  /** Whether it may run for as long as its connection lives. */
  readonly isLongLived?: boolean;
  /** Told when it has ended, and whether it had kept everything else waiting. */
  readonly ended: (isFree: boolean) => void;
}

/** The handlers of one consumer that run beside others, as `static concurrent` allows. */
export class Overlaps {
  /** How many run. */
  size = 0;
  readonly #owner: OverlapOwner;
  readonly #byType = new Map<string, number>();
  #fullType: string | undefined;
  #longLived: Overlap | undefined;

  constructor(owner: OverlapOwner) {
    this.#owner = owner;
  }

  /** Counts a run. @returns whether its type is full now, so that nothing else may start: order is kept at the limit. */
  begin(type: string, parts: OverlapParts): boolean {
    const { environment } = this.#owner;
    const running = (this.#byType.get(type) ?? 0) + 1;
    this.#byType.set(type, running);
    this.size++;
    const isFull = running >= parts.limit;
    if (isFull) this.#fullType = type;
    const overlap = new Overlap(this.#owner, parts.name, parts.isLongLived ?? false);
    environment.watch.add(overlap);
    if (parts.isLongLived === true) this.#longLived = overlap;
    void parts.work
      .catch((error: unknown) => this.#owner.fail(error, parts.name))
      .finally(() => {
        if (this.#longLived === overlap) this.#longLived = undefined;
        environment.watch.delete(overlap);
        parts.ended(this.#end(type));
      });
    return isFull;
  }

  /** The long-lived run waits for something to arrive, or goes on. */
  rest(isResting: boolean): void {
    const overlap = this.#longLived;
    if (overlap === undefined) return;
    const { watch } = this.#owner.environment;
    if (isResting) watch.rest(overlap);
    else watch.add(overlap);
  }

  #end(type: string): boolean {
    this.size--;
    this.#byType.set(type, (this.#byType.get(type) as number) - 1);
    if (this.#fullType !== type) return false;
    this.#fullType = undefined;
    return true;
  }
}

/** One overlapping run, as far as the watch is concerned. */
class Overlap implements Watched {
  readonly handlerName: string;
  watch: "out" | "running" | "resting" = "out";
  readonly runningSinceMs: number = performance.now();
  readonly #owner: OverlapOwner;
  #isReported: boolean;

  constructor(owner: OverlapOwner, handlerName: string, isLongLived: boolean) {
    this.#owner = owner;
    this.handlerName = handlerName;
    this.#isReported = isLongLived;
  }

  get consumerName(): string {
    return this.#owner.consumerName;
  }

  get path(): string {
    return this.#owner.path;
  }

  get connectionId(): string {
    return this.#owner.connectionId;
  }

  handleTick(nowMs: number): void {
    if (!this.#isReported) this.#isReported = reportLate(this, this.#owner.environment, nowMs);
  }
}

/** Says once that a handler is over its deadline. @returns whether it did. */
export function reportLate(watched: Watched, environment: Environment, nowMs: number): boolean {
  const ageMs = Math.round(nowMs - watched.runningSinceMs);
  if (ageMs <= environment.limits.handlerDeadlineMs) return false;
  const { consumerName: consumer, handlerName: handler, path, connectionId: id } = watched;
  const message = `${consumer}.${handler}() on ${path} has been running for ${ageMs} ms`;
  environment.logger.warn({ consumer, handler, path, id, ageMs }, message);
  return true;
}

/** Says that a handler outlives its connection, or that `disconnect` takes as long again. */
export function reportStuck(watched: Watched, environment: Environment, isDisconnected: boolean): void {
  const { consumerName: consumer, handlerName: handler, path, connectionId: id } = watched;
  const next = isDisconnected ? "nobody waits for it any longer" : "disconnect() runs beside it";
  environment.logger.error({ consumer, handler, path, id }, `${consumer}.${handler}() did not end; ${next}`);
}
