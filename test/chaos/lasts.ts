import { setTimeout as wait } from "node:timers/promises";

/**
 * Resolves when a fault has lasted for as long as its plan says.
 *
 * It waits for nothing that happens: how long a network is down is a part of the fault, and no event ends it.
 */
export async function lasts(lengthMs: number): Promise<void> {
  await wait(lengthMs);
}
