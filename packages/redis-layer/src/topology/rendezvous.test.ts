import { describe, expect, test } from "vitest";
import { partitionCount } from "../layout/partitions.ts";
import { rendezvous } from "./rendezvous.ts";

/** The server of each partition. */
const placed = (keys: readonly string[]) =>
  Array.from({ length: partitionCount }, (_, partition) => keys[rendezvous(keys, partition)]!);

const keys = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}:6379/0`);

describe("which server holds a partition", () => {
  test("does not depend on the order in which servers are named", () => {
    expect(placed(keys(5).toReversed())).toEqual(placed(keys(5)));
  });

  test("is about equally often each of them", () => {
    for (const count of [2, 3, 5, 8]) {
      const fair = partitionCount / count;
      for (const key of keys(count)) {
        const own = placed(keys(count)).filter((each) => each === key).length;
        expect(own).toBeGreaterThan(fair / 2);
        expect(own).toBeLessThan(fair * 1.6);
      }
    }
  });

  test.each([2, 3, 5, 8])(
    "changes for about a share of all when another one joins %d, and never between the others",
    (count) => {
      const before = placed(keys(count));
      const after = placed(keys(count + 1));
      const added = keys(count + 1).at(-1)!;
      const moved = after.flatMap((key, partition) => (key === before[partition] ? [] : [key]));
      expect(new Set(moved)).toEqual(new Set([added]));
      const share = partitionCount / (count + 1);
      expect(moved.length).toBeGreaterThan(share / 2);
      expect(moved.length).toBeLessThan(share * 1.6);
    },
  );

  test("never changes from one version to the next: it decides where every group is", () => {
    const first = placed(keys(3)).slice(0, 12);
    expect(first.map((key) => keys(3).indexOf(key))).toEqual([1, 1, 1, 2, 0, 2, 0, 1, 2, 0, 0, 2]);
  });
});
