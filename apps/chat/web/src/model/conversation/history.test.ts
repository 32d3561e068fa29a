import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { line, lines, liveConversation } from "./fake-link.ts";
import { maxWindowLines } from "./history-window.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(200);
const page = (from: number, to: number, more: { hasOlder?: boolean; hasNewer?: boolean } = {}) => ({
  lines: lines(from, to),
  hasOlder: true,
  hasNewer: false,
  ...more,
});

describe("History", () => {
  test("loads one older page at a time, from the first line it has", async () => {
    const { link, model, ids } = liveConversation();
    model.history.show(page(51, 100));
    model.history.loadOlder();
    model.history.loadOlder();
    expect(link.calls.map(({ data }) => data)).toEqual([{ before: 51 }]);
    link.last.answer(page(1, 50, { hasOlder: false }));
    await settle();
    expect(ids()).toEqual(lines(1, 100).map(({ id }) => id));
    model.history.loadOlder();
    expect(link.calls).toHaveLength(1);
  });

  test("keeps what arrives while the newest page is on its way, though it may stand behind it", async () => {
    const { link, model, ids } = liveConversation();
    model.history.show(page(1, 3, { hasNewer: true }));
    model.history.loadNewer();
    model.merge([line(6)]);
    expect(ids()).toEqual([1, 2, 3]);
    link.last.answer(page(4, 5));
    await settle();
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("forgets an answer that is too late, because it began anew meanwhile", async () => {
    const { link, model, ids } = liveConversation();
    model.history.show(page(51, 60));
    model.history.loadOlder();
    const late = link.last;
    model.history.show(page(101, 110));
    late.answer(page(41, 50));
    await settle();
    expect(ids()[0]).toBe(101);
    expect(model.store.get().loading).toBeUndefined();
  });

  test("shows the part around a line instead of what is there", async () => {
    const { link, model, ids } = liveConversation();
    model.history.show(page(951, 1_000));
    model.history.loadAround(500);
    expect(link.last.data).toEqual({ around: 500 });
    link.last.answer(page(475, 524, { hasNewer: true }));
    await settle();
    expect(ids()[0]).toBe(475);
    model.merge([line(1_001)]);
    expect(ids().at(-1)).toBe(524);
  });

  test("lets go of the newest lines when somebody reads far back, and of the oldest when nobody does", async () => {
    const { link, model, ids } = liveConversation();
    model.history.show(page(51, maxWindowLines + 50));
    model.history.loadOlder();
    link.last.answer(page(1, 50));
    await settle();
    expect(ids()).toHaveLength(maxWindowLines);
    expect(ids()[0]).toBe(1);
    expect(model.store.get().window.hasNewer).toBe(true);

    const other = liveConversation();
    other.model.history.show(page(1, maxWindowLines));
    other.model.merge([line(maxWindowLines + 1)]);
    await settle();
    expect(other.ids()[0]).toBe(2);
  });

  test("says why it could not load while it is live, and tries again when asked", async () => {
    const { link, model } = liveConversation();
    model.history.loadNewest();
    link.last.refuse("nobody");
    await settle();
    expect(model.store.get()).toMatchObject({ isReady: false, problem: "There is nobody with this name." });
    model.history.loadNewest();
    expect(model.store.get().problem).toBe("");
  });

  test("loads the newest part when somebody writes from far back, so that they see it", () => {
    const { link, model } = liveConversation();
    model.history.show(page(1, 50, { hasNewer: true }));
    model.say("hi");
    expect(link.calls.map(({ type }) => type)).toEqual(["say", "history"]);
  });
});
