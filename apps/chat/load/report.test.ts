import { expect, test } from "vitest";
import type { LoadResult } from "./run-load.ts";
import { isExact, percentile, report } from "./report.ts";

const options = { people: 2, rooms: 1, ratePerSecond: 4, seconds: 1, url: undefined };
const exact: LoadResult = {
  messages: 4,
  deliveries: 8,
  missing: 0,
  doubled: 0,
  strays: 0,
  latenciesMs: Float64Array.of(1, 1, 1, 2, 2, 3, 4, 50),
  durationMs: 1_000,
  failures: new Map(),
  connectionsLost: 0,
};

test("a run is exact when nothing is missing, doubled, astray or failed", () => {
  expect(isExact(exact)).toBe(true);
  for (const flaw of [{ missing: 1 }, { doubled: 1 }, { strays: 1 }, { failures: new Map([["no", 1]]) }]) {
    expect(isExact({ ...exact, ...flaw })).toBe(false);
  }
});

test("the report says what was measured, and why messages failed", () => {
  const text = report(options, { ...exact, failures: new Map([["it was not sent", 3]]) });
  for (const line of ["delivered/s  8", "p50          2.0 ms", "p99          50.0 ms", "failed       3"]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).toContain("failed 3 times: it was not sent");
});

test("a run without a delivery has no times", () => {
  const text = report(options, { ...exact, deliveries: 0, missing: 8, latenciesMs: new Float64Array(), durationMs: 0 });
  for (const line of ["delivered/s  -", "p50          -", "missing      8"]) expect(text.split("\n")).toContain(line);
});

test("a percentile is a value that was measured", () => {
  const hundred = Float64Array.from({ length: 100 }, (_value, index) => index + 1);
  expect([0.5, 0.99, 1].map((part) => percentile(hundred, part))).toEqual([50, 99, 100]);
});
