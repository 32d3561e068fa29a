import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PendingMessage } from "../conversation/conversation.ts";
import { Dismissed } from "./dismissed.ts";
import { Drafts } from "./drafts.ts";
import type { KeyValues } from "./key-values.ts";
import { Unsent } from "./unsent.ts";

/** What a browser keeps for the tabs of one site. */
class Browser {
  readonly values = new Map<string, string>();
  readonly #tabs = new Set<(key: string) => void>();

  /** One tab's view of it: a tab hears of what the others change. */
  tab(): KeyValues {
    let own: ((key: string) => void) | undefined;
    return {
      get: (key) => this.values.get(key),
      set: (key, text) => {
        if (text === undefined) this.values.delete(key);
        else this.values.set(key, text);
        for (const listener of this.#tabs) if (listener !== own) listener(key);
      },
      onChange: (listener) => {
        own = listener;
        this.#tabs.add(listener);
        return () => this.#tabs.delete(listener);
      },
    };
  }
}

const nothing = (): void => undefined;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Drafts", () => {
  test("are there again when somebody comes back, and gone when they were sent", () => {
    const browser = new Browser();
    const drafts = new Drafts(browser.tab(), "Ann", nothing);
    drafts.set("room:red", "hel");
    drafts.set("room:red", "hello");
    vi.advanceTimersByTime(1_000);
    expect(new Drafts(browser.tab(), "Ann", nothing).get("room:red")).toBe("hello");
    expect(new Drafts(browser.tab(), "Bea", nothing).get("room:red")).toBe("");
    drafts.set("room:red", "");
    expect(browser.values.size).toBe(0);
  });

  test("reach the other tabs", () => {
    const browser = new Browser();
    const heard: string[] = [];
    const other: Drafts = new Drafts(browser.tab(), "Ann", () => heard.push(other.get("room:red")));
    new Drafts(browser.tab(), "Ann", nothing).set("room:red", "hi");
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(heard).toEqual(["hi"]);
  });

  test("are kept for fifty conversations and thirty days", () => {
    const browser = new Browser();
    const drafts = new Drafts(browser.tab(), "Ann", nothing);
    for (let at = 0; at < 60; at++) drafts.set(`room:${at}`, "hi");
    drafts.flush();
    const after = new Drafts(browser.tab(), "Ann", nothing);
    expect(after.get("room:9")).toBe("");
    expect(after.get("room:10")).toBe("hi");
    vi.advanceTimersByTime(31 * 24 * 60 * 60_000);
    expect(after.get("room:59")).toBe("");
  });

  test.each(["", "null", "[1]", "{", '{"room:red":{"text":7,"at":1}}', '{"room:red":"x"}'])(
    "take %j in the browser's storage for nothing",
    (spoiled) => {
      const browser = new Browser();
      browser.values.set("solent-chat.drafts.Ann", spoiled);
      expect(new Drafts(browser.tab(), "Ann", nothing).get("room:red")).toBe("");
    },
  );
});

describe("Unsent", () => {
  test("gives back what a tab had not sent, for each conversation", () => {
    const browser = new Browser();
    const red = { kind: "room", name: "red" } as const;
    const message: PendingMessage = { clientId: "1", text: "hi", at: 1, state: "failed", problem: "No." };
    new Unsent(browser.tab(), "Ann").set(red, [message]);
    const after = new Unsent(browser.tab(), "Ann");
    expect(after.get(red)).toEqual([message]);
    expect(after.get({ kind: "direct", name: "red" })).toEqual([]);
    after.set(red, []);
    expect(browser.values.size).toBe(0);
  });
});

describe("Dismissed", () => {
  test("remembers what was put away, in all tabs", () => {
    const browser = new Browser();
    const heard = vi.fn();
    const other = new Dismissed(browser.tab(), "Ann", heard);
    new Dismissed(browser.tab(), "Ann", nothing).add(3);
    expect(heard).toHaveBeenCalledOnce();
    expect(other.has(3)).toBe(true);
    expect(other.has(4)).toBe(false);
  });
});
