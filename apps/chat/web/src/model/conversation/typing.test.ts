import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { line, liveConversation } from "./fake-link.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Typing", () => {
  test("tells the others that one writes, at most every three seconds", () => {
    const { link, model } = liveConversation();
    for (const draft of ["h", "he", "hel"]) model.write(draft);
    expect(link.sent).toHaveLength(1);
    vi.advanceTimersByTime(3_000);
    model.write("hell");
    expect(link.sent).toHaveLength(2);
    vi.advanceTimersByTime(3_000);
    model.write("");
    expect(link.sent).toHaveLength(2);
  });

  test("shows who is writing until five seconds after the last they were heard of", () => {
    const { model } = liveConversation();
    model.heardTyping("Bea");
    vi.advanceTimersByTime(4_000);
    model.heardTyping("Bea");
    vi.advanceTimersByTime(4_999);
    expect(model.store.get().typing).toEqual(["Bea"]);
    vi.advanceTimersByTime(1);
    expect(model.store.get().typing).toEqual([]);
  });

  test("forgets somebody who has said it, and everybody when the connection is lost; and is never about oneself", () => {
    const { model } = liveConversation();
    model.heardTyping("Ann");
    model.heardTyping("Bea");
    model.heardTyping("Cem");
    model.merge([line(1)]);
    expect(model.store.get().typing).toEqual(["Cem"]);
    model.linkChanged({ kind: "connecting" });
    expect(model.store.get().typing).toEqual([]);
  });
});
