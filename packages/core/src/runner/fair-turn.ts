// Taken before a test replaces the clock: queues must move under fake timers too.
const later = setTimeout;

/** Most queued frames and events that consumers handle in one turn of the event loop. */
const maxSteps = 5_000;

/** How many a consumer that had to wait may handle in any case, so that the busy ones starve nobody. */
export const fairShare = 32;

let steps = 0;

function reset(): void {
  steps = 0;
}

/**
 * Counts one queued frame or event. @returns whether it may still be handled in this turn.
 *
 * Two consumers that answer each other's events without ever waiting would hold the process for ever.
 */
export function mayGoOn(): boolean {
  // Holds no process open: with nothing left to do there is nothing to count.
  if (steps === 0) (later(reset, 0) as { unref?: () => void }).unref?.();
  steps++;
  return steps <= maxSteps;
}

/** Runs `task` in another turn, when input and timers have had theirs. */
export function inAnotherTurn(task: () => void): void {
  later(task, 0);
}
