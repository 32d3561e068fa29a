import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ErrorQuota } from "./error-quota.ts";

describe("ErrorQuota", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("refuses an address after its errors, until the minute is over", () => {
    const quota = new ErrorQuota(2);
    quota.count("a");
    vi.advanceTimersByTime(30_000);
    expect(quota.waitSecondsOf("a")).toBe(0);
    quota.count("a");
    expect([quota.waitSecondsOf("a"), quota.waitSecondsOf("b")]).toEqual([30, 0]);
    vi.advanceTimersByTime(29_500);
    expect(quota.waitSecondsOf("a")).toBe(1);
    vi.advanceTimersByTime(500);
    expect(quota.waitSecondsOf("a")).toBe(0);
    quota.count("a");
    expect(quota.waitSecondsOf("a")).toBe(0);
  });

  test("remembers so many addresses, and forgets the oldest first", () => {
    const quota = new ErrorQuota(1);
    for (let i = 0; i <= 10_000; i += 1) quota.count(`address ${i}`);
    const waits = ["address 0", "address 1", "address 10000"].map((address) => quota.waitSecondsOf(address));
    expect(waits).toEqual([0, 60, 60]);
  });
});
