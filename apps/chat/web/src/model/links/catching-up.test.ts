import { ClientError } from "@solent/client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Changes, Line } from "../../../../contract/words.ts";
import { line } from "../conversation/fake-link.ts";
import { CatchingUp } from "./catching-up.ts";

/** A page that catches up, and the server's side of it. */
function page() {
  const asked: { since: number; answer: (changes: Changes) => void; fail: (error: unknown) => void }[] = [];
  const merged: number[] = [];
  const state = { isLive: true, starts: 0 };
  const catchingUp = new CatchingUp<Line>({
    changes: (since) => new Promise((answer, fail) => asked.push({ since, answer, fail })),
    merge: (lines) => merged.push(...lines.map(({ id }) => id)),
    startAnew: () => state.starts++,
    isLive: () => state.isLive,
  });
  return { asked, merged, state, catchingUp };
}

const settle = () =>
  new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));
const unanswered = () => new ClientError("CLIENT_CALL_UNANSWERED", "lost", { wasSent: true });

beforeEach(() => void vi.useRealTimers());

describe("CatchingUp", () => {
  test("asks nothing at first: the welcome tells all", () => {
    const { asked, catchingUp } = page();
    expect(catchingUp.welcomed(10)).toBe(true);
    expect(asked).toEqual([]);
  });

  test("asks at the next welcome for what happened since the last it heard", async () => {
    const { asked, merged, catchingUp } = page();
    catchingUp.welcomed(10);
    catchingUp.heard(line(12));
    expect(catchingUp.welcomed(20)).toBe(false);
    expect(asked.map(({ since }) => since)).toEqual([12]);
    asked[0]?.answer({ lines: [line(15)], isComplete: true });
    await settle();
    expect(merged).toEqual([12, 15]);
    catchingUp.welcomed(20);
    expect(asked.at(-1)?.since).toBe(20);
  });

  test("does not count what it hears while there may be a gap before it", async () => {
    const { asked, catchingUp } = page();
    catchingUp.welcomed(10);
    catchingUp.welcomed(20);
    catchingUp.heard(line(21));
    asked[0]?.fail(unanswered());
    catchingUp.welcomed(25);
    expect(asked.at(-1)?.since).toBe(10);
    asked.at(-1)?.answer({ lines: [], isComplete: true });
    await settle();
    catchingUp.welcomed(25);
    expect(asked.at(-1)?.since).toBe(25);
  });

  test("starts anew when too much has changed", async () => {
    const { asked, merged, state, catchingUp } = page();
    catchingUp.welcomed(10);
    catchingUp.welcomed(2_000);
    asked[0]?.answer({ lines: [line(11)], isComplete: false });
    await settle();
    expect(state.starts).toBe(1);
    expect(merged).toEqual([]);
  });

  test("asks when events were lost, and again when nobody answers in time", async () => {
    const { asked, state, catchingUp } = page();
    catchingUp.welcomed(10);
    catchingUp.welcomed(10);
    asked[0]?.fail(unanswered());
    await settle();
    expect(asked.map(({ since }) => since)).toEqual([10, 10]);
    state.isLive = false;
    asked[1]?.fail(unanswered());
    await settle();
    expect(asked).toHaveLength(2);
  });
});
