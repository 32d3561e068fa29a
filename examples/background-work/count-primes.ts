import { setImmediate as nextTurn } from "node:timers/promises";

const STEP = 20_000;

/**
 * Counts the primes below `limit`, with a pause for everybody else every few milliseconds.
 *
 * @throws the signal's reason when it aborts.
 */
export async function countPrimes(limit: number, signal: AbortSignal): Promise<number> {
  const isComposite = new Uint8Array(limit);
  let count = 0;
  for (let number = 2; number < limit; number += 1) {
    if (number % STEP === 0) await nextTurn(undefined, { signal });
    if (isComposite[number] === 1) continue;
    count += 1;
    for (let multiple = number * number; multiple < limit; multiple += number) isComposite[multiple] = 1;
  }
  return count;
}
