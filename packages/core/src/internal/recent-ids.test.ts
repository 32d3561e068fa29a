import { expect, test } from "vitest";

import { RecentIds } from "./recent-ids.ts";

test("RecentIds finds what it was shown lately and forgets what is old", () => {
  const ids = new RecentIds(3);
  expect(["a", "b", "a", "c", "d", "a"].map((id) => ids.add(id))).toEqual([true, true, false, true, true, false]);
  expect(["e", "f", "g", "h", "a"].map((id) => ids.add(id))).toEqual([true, true, true, true, true]);
});
