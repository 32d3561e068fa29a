import { keySlot, slotCount } from "./key-slot.ts";

/** How many partitions the groups of a deployment are in. Fixed: it decides where every name is. */
export const partitionCount = 256;

const slotsPerPartition = slotCount / partitionCount;
const letters = "0123456789abcdefghijklmnopqrstuvwxyz";

/**
 * The hash tag of each partition: the shortest text, the first in its order, whose slot is in the partition's share.
 *
 * Partition 0 has its slot in 0 to 63, partition 1 in 64 to 127, and so on. A Cluster whose servers hold equal runs of slots
 * therefore holds equally many partitions on each.
 */
export const partitionTags: readonly string[] = findTags();

/** The partition of a group, or of a node's inbox: all of its keys and its channel are in it. */
export function partitionOf(name: string): number {
  return keySlot(name) % partitionCount;
}

/** The slot of a partition on a Redis Cluster. */
export function slotOf(partition: number): number {
  return keySlot(partitionTags[partition] ?? "");
}

function findTags(): readonly string[] {
  const tags: (string | undefined)[] = Array.from({ length: partitionCount });
  let missing = partitionCount;
  for (let number = 0; missing > 0; number += 1) {
    const tag = tagText(number);
    const partition = Math.floor(keySlot(tag) / slotsPerPartition);
    if (tags[partition] !== undefined) continue;
    tags[partition] = tag;
    missing -= 1;
  }
  return tags.map(String);
}

// 0 to z, then 00 to zz, then 000 and so on.
function tagText(number: number): string {
  const high = Math.floor(number / letters.length);
  return (high === 0 ? "" : tagText(high - 1)) + (letters[number % letters.length] ?? "");
}
