import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryLimiters } from "./limiters.ts";
import { SignInLimits } from "./sign-in-limits.ts";

const quarterMs = 15 * 60_000;
const ann = { name: "ann", address: "192.0.2.1" };

let limits: SignInLimits;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  limits = new SignInLimits({ limiters: memoryLimiters, signUpsPerHour: 3, secret: "the same in every run" });
});

afterEach(() => {
  vi.useRealTimers();
});

async function fail(times: number, attempt = ann): Promise<number[]> {
  const waits: number[] = [];
  for (let time = 0; time < times; time++) waits.push(await limits.begin(attempt));
  return waits;
}

describe("SignInLimits", () => {
  test("let a name be tried ten times from one address in a quarter of an hour", async () => {
    expect(await fail(10)).toEqual(Array.from({ length: 10 }, () => 0));
    vi.advanceTimersByTime(60_000);
    expect(await fail(2)).toEqual([quarterMs - 60_000, quarterMs - 60_000]);
    expect(await limits.begin({ ...ann, name: "bea" })).toBe(0);
    expect(await limits.begin({ ...ann, address: "192.0.2.2" })).toBe(0);
    vi.advanceTimersByTime(quarterMs - 60_000);
    expect(await limits.begin(ann)).toBe(0);
  });

  test("let an address try fifty times, whatever the names", async () => {
    for (let number = 0; number < 50; number++) expect(await limits.begin({ ...ann, name: `n${number}` })).toBe(0);
    expect(await limits.begin({ ...ann, name: "another" })).toBe(quarterMs);
    expect(await limits.begin({ ...ann, address: "192.0.2.2" })).toBe(0);
  });

  test("count attempts that are made at the same time", async () => {
    const waits = await Promise.all(Array.from({ length: 20 }, () => limits.begin(ann)));
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(10);
  });

  test("do not count what they refuse: the address stays free for other names", async () => {
    await fail(200);
    for (let number = 0; number < 40; number++) expect(await limits.begin({ ...ann, name: `n${number}` })).toBe(0);
    expect(await limits.begin({ ...ann, name: "another" })).toBeGreaterThan(0);
  });

  test("forget a name's failures when its password was right", async () => {
    await fail(9);
    await limits.succeed(ann);
    expect(await fail(10)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  test("do not count those who sign in as failures of their address", async () => {
    for (let number = 0; number < 200; number++) {
      const attempt = { ...ann, name: `n${number}` };
      expect(await limits.begin(attempt)).toBe(0);
      await limits.succeed(attempt);
    }
  });

  test("do not count an attempt that is given back", async () => {
    for (let number = 0; number < 200; number++) {
      expect(await limits.begin(ann)).toBe(0);
      await limits.giveBack(ann);
    }
  });

  test("let an address make as many accounts in an hour as is configured", async () => {
    expect([await limits.signUp("::1"), await limits.signUp("::1"), await limits.signUp("::1")]).toEqual([0, 0, 0]);
    expect(await limits.signUp("::1")).toBe(60 * 60_000);
    expect(await limits.signUp("192.0.2.9")).toBe(0);
    vi.advanceTimersByTime(60 * 60_000);
    expect(await limits.signUp("::1")).toBe(0);
  });

  test("remember no more than a fixed number of counters, however many addresses come", async () => {
    for (let number = 0; number < 20_000; number++) {
      await limits.signUp(`198.51.${number >> 8}.${number & 255}`);
    }
    expect(vi.getTimerCount()).toBeLessThanOrEqual(2 ** 14);
  });
});
