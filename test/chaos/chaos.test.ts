import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chaos } from "./chaos.ts";
import { checkHistory } from "./check-history.ts";
import { corruptions } from "./corruptions.ts";
import type { History } from "./history.ts";
import { planOf } from "./plan.ts";
import type { Topology } from "./world.ts";

/** A short set: `pnpm chaos` runs as many as one likes. */
const seeds: Readonly<Record<Topology, readonly number[]>> = { single: [2, 4, 28], sentinel: [8], cluster: [14] };

const startTimeoutMs = 60_000;
const seedTimeoutMs = 60_000;

describe.each(["single", "sentinel", "cluster"] as const)("nodes on %s", (topology) => {
  let chaos: Chaos;
  const histories: History[] = [];
  beforeAll(() => {
    chaos = new Chaos(topology);
  });
  afterAll(() => chaos[Symbol.asyncDispose](), startTimeoutMs);

  test.each(seeds[topology].map((seed) => [seed]))(
    "keep what a layer promises, whatever seed %s breaks",
    async (seed) => {
      const { violations, history } = await chaos.run(seed);
      expect(violations.map(({ rule, what }) => `${rule}: ${what}`)).toEqual([]);
      histories.push(history);
    },
    seedTimeoutMs,
  );

  if (topology !== "single") return;
  test.each(Object.entries(corruptions))("would be found out if they showed %s", (_, { rule, corrupt }) => {
    // Not every run has every thing that could be falsified.
    const corrupted = histories.map(corrupt).find((history) => history !== undefined);
    expect(checkHistory(corrupted!).map((violation) => violation.rule)).toContain(rule);
  });
});

test.each([2, 5, 27])(
  "nodes whose groups remember everything keep it too, whatever seed %s breaks",
  async (seed) => {
    await using chaos = new Chaos("single", true);
    const { violations } = await chaos.run(seed);
    expect(violations.map(({ rule, what }) => `${rule}: ${what}`)).toEqual([]);
  },
  seedTimeoutMs,
);

test("a seed always means the same plan, and another seed another one", () => {
  expect(planOf(7, "single")).toEqual(planOf(7, "single"));
  expect(planOf(8, "single")).not.toEqual(planOf(7, "single"));
});
