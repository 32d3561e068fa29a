import { setImmediate, setTimeout } from "node:timers/promises";

/** A fixed schedule. */
export interface Schedule {
  readonly count: number;
  readonly ratePerSecond: number;
}

/** So many are made up for at once when the process is late; then whatever has arrived gets its turn. */
const atOnce = 100;

/**
 * Calls `act` `count` times on a fixed schedule, whatever became of the calls before: what is slow makes nothing wait that
 * should come later, and so it cannot hide.
 *
 * @param act gets the moment it was due, on the clock of `performance.now()`; the call may be late.
 */
export async function pace(
  { count, ratePerSecond }: Schedule,
  act: (index: number, dueAtMs: number) => void,
): Promise<void> {
  const startAtMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    const dueAtMs = startAtMs + (index * 1_000) / ratePerSecond;
    const waitMs = dueAtMs - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    else if (index % atOnce === 0) await setImmediate();
    act(index, dueAtMs);
  }
}
