import { describe, expect, test } from "vitest";
import type { Line } from "../../../contract/words.ts";
import { emptyConversation, withLines, withName, withReturned } from "./conversation.ts";

const empty = emptyConversation({ kind: "room", name: "red" });
const line = (id: string, from = "Bea", text = `text ${id}`): Line => ({ id, from, text, at: 0 });

describe("withLines", () => {
  test("adds each line once, however often it arrives", () => {
    const once = withLines(empty, { lines: [line("1"), line("2")], me: "Ann", isRead: true });
    const twice = withLines(once, { lines: [line("2"), line("3")], me: "Ann", isRead: true });
    expect(twice.lines.map(({ id }) => id)).toEqual(["1", "2", "3"]);
    expect(withLines(twice, { lines: [line("1")], me: "Ann", isRead: false })).toBe(twice);
  });

  test("counts what others said while nobody looked", () => {
    const seen = withLines(empty, { lines: [line("1")], me: "Ann", isRead: true });
    const unseen = withLines(seen, { lines: [line("2"), line("3", "Ann"), line("1")], me: "Ann", isRead: false });
    expect(unseen.unread).toBe(1);
  });

  test("takes an own line for the confirmation of one that was pending", () => {
    const pending = { ...empty, pending: ["hi", "hi", "ho"] };
    const after = withLines(pending, {
      lines: [line("1", "Ann", "hi"), line("2", "Bea", "ho")],
      me: "Ann",
      isRead: true,
    });
    expect(after.pending).toEqual(["hi", "ho"]);
  });

  test("keeps no more than the last 500", () => {
    const lines = Array.from({ length: 510 }, (_, number) => line(String(number)));
    const full = withLines(empty, { lines, me: "Ann", isRead: true });
    expect(full.lines).toHaveLength(500);
    expect(full.lines[0]?.id).toBe("10");
  });
});

describe("withReturned", () => {
  test("puts what was not delivered back before what is being written", () => {
    const after = withReturned({ ...empty, pending: ["lost"], draft: "and then" }, ["lost"]);
    expect(after).toMatchObject({ pending: [], draft: "lost\nand then" });
  });
});

describe("withName", () => {
  test("keeps names in order and each once", () => {
    expect(withName(["Ann", "Cem"], "Bea")).toEqual(["Ann", "Bea", "Cem"]);
    expect(withName(["Ann"], "Ann")).toEqual(["Ann"]);
  });
});
