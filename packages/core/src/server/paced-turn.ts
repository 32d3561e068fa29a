/** A pause is this share of how long the writing before it took. */
const pauseShare = 0.75;
/** Timers are no finer than a millisecond: a shorter pause becomes one. */
const leastPauseMs = 0.25;
const longestPauseMs = 2;

/**
 * Schedules what a turn of the event loop ends with, and leaves a pause between two long ones.
 *
 * Writing to a thousand sockets takes milliseconds, in which further messages arrive. A pause nearly as long lets more of
 * them share the next write, which is most of what a delivery costs: where much is to be done, the same work is done with
 * fewer writes, and sooner. Where little is to be done there is no pause.
 */
export function pacedTurn(): (flush: () => void) => void {
  let endedAtMs = 0;
  let tookMs = 0;
  const run = (flush: () => void): void => {
    const startedAtMs = performance.now();
    flush();
    endedAtMs = performance.now();
    tookMs = endedAtMs - startedAtMs;
  };
  const endTurn = (flush: () => void): void => {
    const pauseMs = Math.min(longestPauseMs, tookMs * pauseShare) - (performance.now() - endedAtMs);
    if (pauseMs < leastPauseMs) run(flush);
    else setTimeout(run, pauseMs, flush);
  };
  return (flush) => void setImmediate(endTurn, flush);
}
