import { expect, test } from "vitest";
import { RecentIds } from "./recent-ids.ts";

test("RecentIds finds what it was shown lately and forgets what is old", () => {
  const ids = new RecentIds(3);
  expect(["a", "b", "a", "c", "d", "a"].map((id) => ids.add(id))).toEqual([true, true, false, true, true, false]);
  expect(["e", "f", "g", "h", "a"].map((id) => ids.add(id))).toEqual([true, true, true, true, true]);
});

test("RecentIds tells what it remembers without remembering what it was asked for", () => {
  const ids = new RecentIds(2);
  ids.add("a");
  expect([ids.has("a"), ids.has("b"), ids.add("b"), ids.add("c"), ids.add("d"), ids.has("a")]).toEqual([
    true,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test("RecentIds takes no id for another one among millions that look alike", () => {
  const ids = new RecentIds(1 << 20);
  for (const node of ["k3v9x2m4q8zz", "k3v9x2m4q8zy"]) {
    for (let n = 0; n < 1_000_000; n += 1) if (!ids.add(node + n.toString(36))) expect.unreachable(node + n);
  }
});
