import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Calls, outcomeOf } from "./calls.ts";

describe("Calls", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("end with their answer, or as uncertain at their own deadline", async () => {
    const calls = new Calls(1000, 10);
    const answered = calls.open();
    const early = calls.open();
    await vi.advanceTimersByTimeAsync(600);
    const late = calls.open();
    calls.settle(answered.number, "CHANNEL_FULL");
    await vi.advanceTimersByTimeAsync(400);
    expect(await Promise.all([answered.answer, early.answer])).toEqual(["CHANNEL_FULL", "LAYER_UNCERTAIN"]);
    expect([calls.size, vi.getTimerCount()]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(600);
    expect(await late.answer).toBe("LAYER_UNCERTAIN");
    expect([calls.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("are limited, and ignore answers to nothing", async () => {
    const calls = new Calls(1000, 1);
    const { number, answer } = calls.open();
    expect(() => calls.open()).toThrow(expect.objectContaining({ code: "LAYER_BUSY" }));
    for (const other of [number + 1, "1", null, {}]) calls.settle(other, "ok");
    calls.fail(number + 1, new Error("nobody's"));
    calls.close();
    expect([await answer, vi.getTimerCount()]).toEqual(["LAYER_CLOSED", 0]);
  });

  test("take an outcome they do not know for uncertain", () => {
    expect(["ok", "CHANNEL_FULL", "NEWER_CODE", "constructor", 7, undefined].map(outcomeOf)).toEqual([
      "ok",
      "CHANNEL_FULL",
      ...Array.from({ length: 4 }, () => "LAYER_UNCERTAIN"),
    ]);
  });
});
