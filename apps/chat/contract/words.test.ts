import { describe, expect, test } from "vitest";
import { personName, roomName, text } from "./words.ts";

describe("personName", () => {
  test.each([
    ["  Ann   Lee ", "Ann Lee"],
    ["Ａｎｎ", "Ann"],
    ["<b>Ann</b>", "<b>Ann</b>"],
    ["李小龍", "李小龍"],
    ["Анна", "Анна"],
    ["🌊".repeat(24), "🌊".repeat(24)],
  ])("takes %j as %j", (given, name) => {
    expect(personName.parse(given)).toBe(name);
  });

  test.each([
    "",
    "   ",
    "x".repeat(25),
    "\u0410nn",
    "Ann\u03BF",
    "A\u202Enn",
    "A\u0000nn",
    "A\u200Bnn",
    "\uD800",
    7,
    null,
  ])("refuses %j", (given) => {
    expect(personName.safeParse(given).success).toBe(false);
  });
});

describe("roomName", () => {
  test.each([
    [" Weekend  Plans ", "weekend-plans"],
    ["a_b - c", "a-b-c"],
    ["Füße", "füße"],
  ])("takes %j as %j", (given, name) => {
    expect(roomName.parse(given)).toBe(name);
  });

  test.each(["", "-", "a/b", "a.b", "a-", "constructor()", "x".repeat(33)])("refuses %j", (given) => {
    expect(roomName.safeParse(given).success).toBe(false);
  });
});

describe("text", () => {
  test("is between 1 and 4,000 characters without the blanks around it", () => {
    expect(text.parse("  hi \n")).toBe("hi");
    expect(text.safeParse(" \n ").success).toBe(false);
    expect(text.safeParse("x".repeat(4_001)).success).toBe(false);
    expect(text.parse("x".repeat(4_000))).toHaveLength(4_000);
  });

  test("keeps its lines, and loses characters that nobody can see", () => {
    expect(text.parse("one\r\n\ttwo\u0000\u001B\u0085.")).toBe("one\n\ttwo.");
    expect(text.safeParse("\u0000").success).toBe(false);
  });
});
