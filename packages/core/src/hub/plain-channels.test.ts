import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { InMemoryChannelLayer } from "./in-memory-channel-layer.ts";

const job = { type: "job.run" };

describe("plain channels", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("are cleared of what nobody has read in time, by one timer that ends with them", async () => {
    await using layer = new InMemoryChannelLayer({ expiryMs: 1000 });
    for (let i = 0; i < 50; i += 1) await layer.send(`jobs.${i}`, job);
    expect([vi.getTimerCount(), layer.stats().channels]).toEqual([1, 50]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(layer.stats()).toMatchObject({ channels: 0, queued: 0, expired: 50 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leave their groups when nobody has used them for long", async () => {
    await using layer = new InMemoryChannelLayer({ expiryMs: 1000, groupExpiryMs: 5000 });
    await layer.groupAdd("room", "jobs");
    await vi.advanceTimersByTimeAsync(4000);
    expect(layer.stats().memberships).toBe(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(layer.stats()).toMatchObject({ channels: 0, groups: 0, memberships: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("stay in their groups while somebody waits for a message", async () => {
    await using layer = new InMemoryChannelLayer({ expiryMs: 1000, groupExpiryMs: 5000 });
    const reader = layer.receive("jobs");
    await layer.groupAdd("room", "jobs");
    await vi.advanceTimersByTimeAsync(20_000);
    await layer.groupSend("room", job);
    await layer.groupSend("room", { ...job, n: 2 });
    expect(await reader).toEqual(job);
    expect(await layer.receive("jobs")).toEqual({ ...job, n: 2 });
  });

  test("leave no timer behind when the layer is closed", async () => {
    const layer = new InMemoryChannelLayer();
    await layer.send("jobs", job);
    const waiting = expect(layer.receive("other", { timeoutMs: 1000 })).rejects.toMatchObject({ code: "LAYER_CLOSED" });
    await vi.advanceTimersByTimeAsync(0);
    await layer.close();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are limited in number and in readers", async () => {
    await using layer = new InMemoryChannelLayer({ maxPlainChannels: 2 });
    await layer.send("a", job);
    await layer.send("b", job);
    await expect(layer.send("c", job)).rejects.toMatchObject({ code: "LAYER_BUSY", details: { limit: 2 } });
    await expect(layer.receive("c")).rejects.toMatchObject({ code: "LAYER_BUSY" });
    await layer.receive("a");
    const readers = Array.from({ length: 1001 }, () => layer.receive("c").catch((error: unknown) => error));
    expect(await readers[1000]).toMatchObject({ code: "LAYER_BUSY", details: { limit: 1000 } });
    expect(layer.stats().readers).toBe(1000);
  });

  test.each([Number.NaN, -1, 2 ** 31])("refuse a wait of %s ms", async (timeoutMs) => {
    await using layer = new InMemoryChannelLayer();
    await expect(layer.receive("jobs", { timeoutMs })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(layer.stats().channels).toBe(0);
  });
});
