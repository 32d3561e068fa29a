import { createHash } from "node:crypto";

/**
 * Which of several servers holds a partition: the one with the highest hash of its key and the partition.
 *
 * Another server takes about its share from each of the others, and nothing moves between those. Thaler and Ravishankar,
 * "A name-based mapping scheme for rendezvous".
 */
export function rendezvous(keys: readonly string[], partition: number): number {
  let best = 0;
  let highest = "";
  for (const [i, key] of keys.entries()) {
    const weight = createHash("sha1").update(`${partition}:${key}`).digest("hex");
    if (weight > highest) [best, highest] = [i, weight];
  }
  return best;
}
