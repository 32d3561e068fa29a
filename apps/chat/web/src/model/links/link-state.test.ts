import { describe, expect, test } from "vitest";
import { linkStateOf, worseOf } from "./link-state.ts";

describe("linkStateOf", () => {
  test("is not live before the server has said welcome", () => {
    expect(linkStateOf("open", {})).toEqual({ kind: "connecting" });
  });

  test.each([
    [{ code: 1006, reason: "offline" }, "You are offline."],
    [{ code: 1006, reason: "" }, "The server cannot be reached."],
    [{ code: 1001 }, "The server is restarting."],
    [{ code: 4429 }, "That was too much at once."],
    [{ code: 4999 }, "The server cannot be reached."],
  ])("says of %j in words why it waits, and until when", (info, why) => {
    expect(linkStateOf("waiting", { ...info, retryInMs: 500 }, 1_000)).toEqual({
      kind: "waiting",
      why,
      retryAt: 1_500,
    });
  });

  test("ends for good with a reason too", () => {
    expect(linkStateOf("closed", { code: 4400 })).toEqual({
      kind: "ended",
      why: "This page is out of date: load it anew.",
    });
  });
});

describe("worseOf", () => {
  test("takes the one that is less live", () => {
    const waiting = linkStateOf("waiting", {}, 0);
    expect(worseOf({ kind: "live", node: "node-1" }, waiting)).toBe(waiting);
    expect(worseOf(waiting, { kind: "connecting" })).toBe(waiting);
  });
});
