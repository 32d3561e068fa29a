import { SolentError } from "@solent/core/errors";
import type { Published } from "@solent/core/layer";
import { unavailable } from "../connection/unavailable.ts";
import type { Attempt, Publication } from "./publication.ts";

/**
 * What is published in one partition, in its order.
 *
 * What one node sends to one group must arrive in that order. So a lane is in flight at one server at a time, and when
 * something has to be tried again, the lane waits for every answer first.
 */
export class Lane {
  readonly partition: number;
  /** What waits to be written, oldest first. */
  waiting: Publication[] = [];
  /** The server that has the lane's publications in flight. */
  server: string | undefined;
  /** The server that an ASK named: the next one goes there, once. */
  askServer: string | undefined;
  /** Whether its publisher looks at it each time. */
  isBusy = false;
  /** When it may be written again after an error that time mends. */
  notBeforeMs = 0;
  readonly #onSettled: (publication: Publication) => void;
  #flying = 0;
  #retry: Publication[] = [];

  /** @param onSettled called once for each publication, when its promise is settled. */
  constructor(partition: number, onSettled: (publication: Publication) => void) {
    this.partition = partition;
    this.#onSettled = onSettled;
  }

  /** Whether something is written and not answered. */
  get isFlying(): boolean {
    return this.#flying > 0;
  }

  /** Whether more may be written to `server` now. */
  canFly(server: string, nowMs: number): boolean {
    if (this.waiting.length === 0 || this.#retry.length > 0 || this.notBeforeMs > nowMs) return false;
    return this.#flying === 0 || this.server === server;
  }

  /** Takes what is written next, at most `count`. */
  take(count: number): readonly Publication[] {
    const taken = this.waiting.splice(0, count);
    this.#flying += taken.length;
    return taken;
  }

  /** An answer has come. */
  landed(publication: Publication, attempt: Attempt): void {
    this.#flying -= 1;
    if (attempt.outcome === "done") {
      this.#giveUpEarlier(publication.name);
      this.#resolve(publication, { receivers: attempt.receivers });
    } else if (attempt.outcome === "retry") this.#retry.push(publication);
    else if (attempt.outcome === "refused") this.#reject(publication, unavailable(attempt.message));
    else if (attempt.outcome === "uncertain" && isKnownLater(publication)) {
      publication.againIn = publication.writtenIn;
      this.#retry.push(publication);
    } else this.#reject(publication, new SolentError("LAYER_UNCERTAIN"));
    if (this.#flying > 0) return;
    if (this.#retry.length > 0) this.waiting = [...this.#retry, ...this.waiting];
    this.#retry = [];
  }

  /** Gives up what was to be written by `nowMs`; everything for `Infinity`. */
  expire(nowMs: number, reason: Error): void {
    const late = this.waiting.filter(({ dueAtMs }) => dueAtMs <= nowMs);
    if (late.length === 0) return;
    this.waiting = this.waiting.filter(({ dueAtMs }) => dueAtMs > nowMs);
    for (const publication of late) this.#reject(publication, reason);
  }

  // A later one of the same group was accepted: trying this one again would turn their order round.
  #giveUpEarlier(name: string): void {
    if (this.#retry.length === 0) return;
    const reason = unavailable("a later message of this group was accepted before it");
    for (const earlier of this.#retry) if (earlier.name === name) this.#reject(earlier, reason);
    this.#retry = this.#retry.filter((earlier) => earlier.name !== name);
  }

  #resolve(publication: Publication, published: Published): void {
    this.#onSettled(publication);
    publication.resolve(published);
  }

  #reject(publication: Publication, reason: Error): void {
    this.#onSettled(publication);
    publication.reject(publication.againIn !== undefined ? new SolentError("LAYER_UNCERTAIN") : reason);
  }
}

// Its group remembers it, and the server that may have executed it can be told from others. Where that was another one than the first
// time, nobody knows which of them did.
function isKnownLater({ keep, writtenIn, againIn }: Publication): boolean {
  return keep !== undefined && writtenIn !== undefined && writtenIn !== "" && (againIn ?? writtenIn) === writtenIn;
}
