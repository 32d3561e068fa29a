import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Asked, PathProof } from "./path-proof.ts";

function proofOf(ask: (text: string) => Promise<Asked>) {
  const asked: string[] = [];
  const failures: string[] = [];
  const proof = new PathProof({
    intervalMs: 1000,
    timeoutMs: 3000,
    ask: (text) => {
      asked.push(text);
      return ask(text);
    },
    fail: (why) => failures.push(why),
  });
  return { proof, asked, failures };
}

const sent = () => Promise.resolve<Asked>("sent");

describe("the proof of a path", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("asks at once and again and again, while every question comes back", async () => {
    const { proof, asked, failures } = proofOf(sent);
    proof.start();
    for (let i = 0; i < 10; i += 1) {
      expect(proof.answer(Buffer.from(asked.at(-1)!))).toBe(true);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(asked).toHaveLength(11);
    expect(failures).toEqual([]);
    proof.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("fails once when nothing has come back in time, and asks no more", async () => {
    const { proof, asked, failures } = proofOf(sent);
    proof.start();
    await vi.advanceTimersByTimeAsync(2999);
    expect(failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(failures).toEqual(["nothing came back within 3000 ms"]);
    expect(asked).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not blame the network for the time in which this process stood still", async () => {
    const { proof, asked, failures } = proofOf(sent);
    proof.start();
    // As after a long computation: the clock has moved on, and the timer fires once.
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures).toEqual([]);
    proof.answer(Buffer.from(asked[0]!));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(2);
    proof.stop();
  });

  test("fails at once when what is published reaches nobody", async () => {
    const { proof, failures } = proofOf(() => Promise.resolve("nobody"));
    proof.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual([expect.stringContaining("reaches nobody")]);
  });

  test("takes the server's own answer where nothing can come back", async () => {
    const { proof, asked, failures } = proofOf(() => Promise.resolve("alone"));
    proof.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(6);
    expect(failures).toEqual([]);
    proof.stop();
  });

  test("says what the server said, when that is why nothing comes back", async () => {
    const { proof, failures } = proofOf(() => Promise.reject(new Error("NOPERM no publish for you")));
    proof.start();
    await vi.advanceTimersByTimeAsync(3000);
    expect(failures).toEqual(["nothing came back within 3000 ms: NOPERM no publish for you"]);
  });

  test("forgets its questions when it begins anew, and knows its own from other messages", async () => {
    const { proof, asked, failures } = proofOf(sent);
    proof.start();
    await vi.advanceTimersByTimeAsync(2000);
    proof.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(failures).toEqual([]);
    proof.answer(Buffer.from(asked[0]!));
    expect(proof.answer(Buffer.from("1 an event"))).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures).toHaveLength(1);
  });
});
