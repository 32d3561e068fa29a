import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pauses } from "./pauses.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("what dies again and again is started after longer and longer pauses, up to ten seconds", () => {
  const pauses = new Pauses();
  const waited = Array.from({ length: 8 }, () => {
    pauses.started();
    return pauses.died();
  });
  expect(waited).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("what was well for half a minute is started again after the shortest pause", () => {
  const pauses = new Pauses();
  for (let time = 0; time < 5; time++) pauses.died();
  pauses.started();
  vi.advanceTimersByTime(30_000);
  expect(pauses.died()).toBe(250);
});
