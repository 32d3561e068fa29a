import { setTimeout as wait } from "node:timers/promises";

const LOOK_EVERY_MS = 15;
const PATIENCE_MS = 20_000;

export interface Patience {
  /** How long to look before it is an error. @default 20_000 */
  readonly patienceMs?: number;
}

/**
 * Looks until something is there, and answers it.
 *
 * `look` answers undefined or false while it is not so; what it throws counts as "not yet" (a server may be away), and is
 * the cause of the error when time is up. For facts of other processes, which nobody announces.
 */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | undefined | false>,
  { patienceMs = PATIENCE_MS }: Patience = {},
): Promise<Value> {
  const deadlineMs = performance.now() + patienceMs;
  let cause: unknown;
  while (performance.now() < deadlineMs) {
    try {
      const found = await Promise.race([look(), tooLate(deadlineMs)]);
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await wait(LOOK_EVERY_MS);
  }
  throw new Error(`after ${patienceMs} ms it is still not so: ${what}`, { cause });
}

/** A look that hangs (a stopped process answers nothing) must not hang the test. */
async function tooLate(deadlineMs: number): Promise<undefined> {
  await wait(Math.max(0, deadlineMs - performance.now()), undefined, { ref: false });
  return undefined;
}
