const shortestMs = 250;
const longestMs = 10_000;
/** What has lived so long is well: the next pause is the shortest again. */
const wellAfterMs = 30_000;

/** How long to wait before something that has died is started again: longer each time, unless it was well. */
export class Pauses {
  #nextMs = shortestMs;
  #startedAt = 0;

  /** It is started now. */
  started(): void {
    this.#startedAt = performance.now();
  }

  /** It has died. @returns how long to wait, in ms: from a quarter of a second to ten seconds. */
  died(): number {
    if (performance.now() - this.#startedAt >= wellAfterMs) this.#nextMs = shortestMs;
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(longestMs, pauseMs * 2);
    return pauseMs;
  }
}
