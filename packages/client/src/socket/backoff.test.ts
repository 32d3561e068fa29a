import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

const options = { minDelayMs: 500, maxDelayMs: 20_000, longDelayMs: 5_000 };

function pauses(random: number, isLong: boolean): number[] {
  const backoff = new Backoff({ ...options, random: () => random });
  return Array.from({ length: 7 }, () => backoff.next(isLong));
}

test("a pause is never shorter than half a second", () => {
  expect(pauses(0, false)).toEqual([500, 500, 500, 500, 500, 500, 500]);
});

test("the longest possible pause doubles up to twenty seconds", () => {
  expect(pauses(1, false)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

test("a pause lies anywhere between, so that clients spread out", () => {
  expect(pauses(0.5, false)).toEqual([750, 1_250, 2_250, 4_250, 8_250, 10_250, 10_250]);
});

test("a long pause begins at five seconds", () => {
  expect(pauses(0, true)[0]).toBe(5_000);
  expect(pauses(1, true).slice(0, 3)).toEqual([10_000, 20_000, 20_000]);
});

test("a long pause is not longer than the longest pause allowed", () => {
  const backoff = new Backoff({ ...options, maxDelayMs: 1_000, random: () => 1 });
  expect(backoff.next(true)).toBe(1_000);
});

test("after a reset the pauses begin small again", () => {
  const backoff = new Backoff({ ...options, random: () => 1 });
  backoff.next(false);
  backoff.next(false);
  backoff.reset();
  expect(backoff.next(false)).toBe(1_000);
});
