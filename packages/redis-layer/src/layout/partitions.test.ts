import { describe, expect, test } from "vitest";
import { KeyLayout } from "./key-layout.ts";
import { keySlot } from "./key-slot.ts";
import { partitionCount, partitionOf, partitionTags, slotOf } from "./partitions.ts";

describe("partitions", () => {
  test("are spread evenly over the servers of a Cluster", () => {
    for (const servers of [1, 2, 4, 8, 16, 32]) {
      const perServer = Array.from({ length: servers }, () => 0);
      for (let partition = 0; partition < partitionCount; partition += 1) {
        const server = Math.floor((slotOf(partition) * servers) / 16_384);
        perServer[server] = (perServer[server] ?? 0) + 1;
      }
      expect(new Set(perServer)).toEqual(new Set([partitionCount / servers]));
    }
  });

  test("have tags that never change: every name in every deployment is made of them", () => {
    expect(partitionTags.slice(0, 4)).toEqual(["cv", "14", "6y", "10"]);
    expect(new Set(partitionTags).size).toBe(partitionCount);
    expect(keySlot(partitionTags.join())).toBe(15_955);
  });

  test("hold about equally many groups, and each group always the same", () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 25_600; i += 1) {
      const partition = partitionOf(`room.${i}`);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect(Math.min(...counts.values())).toBeGreaterThan(50);
    expect(Math.max(...counts.values())).toBeLessThan(160);
    expect([partitionOf("lobby"), partitionOf("room.1")]).toEqual([54, 100]);
  });
});

describe("names", () => {
  const layout = new KeyLayout("solent");

  test("of a group and of its partition are in one slot", () => {
    for (const group of ["lobby", "!nodes", "a.b-c_d", "x".repeat(99)]) {
      const partition = partitionOf(group);
      const name = layout.group(group, partition);
      expect(keySlot(name.slice(name.indexOf("{") + 1, name.indexOf("}")))).toBe(slotOf(partition));
      expect(layout.groupOf(name)).toBe(group);
    }
  });

  test("of inboxes are no group's", () => {
    expect(layout.groupOf(layout.inbox("k3v9"))).toBeUndefined();
    expect(layout.groupOf(layout.other(3, "probe"))).toBeUndefined();
    expect(layout.groupOf("elsewhere")).toBeUndefined();
  });
});
