import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Alarm } from "./alarm.ts";

describe("Alarm", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("rings once at the earliest of the moments asked for", () => {
    const rings: number[] = [];
    const start = performance.now();
    const alarm = new Alarm(() => rings.push(performance.now() - start));
    alarm.within(100);
    alarm.within(30);
    alarm.within(500);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(rings).toEqual([30]);
    expect([alarm.isArmed, vi.getTimerCount()]).toEqual([false, 0]);
  });

  test("can be asked again from its own action, and stopped", () => {
    let rings = 0;
    const alarm: Alarm = new Alarm(() => {
      rings += 1;
      alarm.within(10);
    });
    alarm.within(10);
    vi.advanceTimersByTime(35);
    alarm.stop();
    vi.advanceTimersByTime(100);
    expect([rings, vi.getTimerCount()]).toEqual([3, 0]);
  });

  test("holds no process open and rings early rather than at once for a time beyond the timer's range", () => {
    const ring = vi.fn();
    const alarm = new Alarm(ring);
    alarm.within(1e12);
    vi.advanceTimersByTime(1000);
    expect(ring).not.toHaveBeenCalled();
    vi.useRealTimers();
    const real = new Alarm(ring);
    const made = vi.spyOn(globalThis, "setTimeout");
    real.within(1000);
    expect(made.mock.results.map((result) => (result.value as NodeJS.Timeout).hasRef())).toEqual([false]);
    real.stop();
    made.mockRestore();
  });
});
