import { describe, expect, test } from "vitest";
import { personName, roomName, text } from "./words.ts";

describe("personName", () => {
  test.each([
    ["  Ann   Lee ", "Ann Lee"],
    ["Ａｎｎ", "Ann"],
    ["<b>Ann</b>", "<b>Ann</b>"],
    ["李小龍", "李小龍"],
    ["🌊".repeat(24), "🌊".repeat(24)],
  ])("takes %j as %j", (given, name) => {
    expect(personName.parse(given)).toBe(name);
  });

  test.each(["", "   ", "x".repeat(25), "A\u202Enn", "A\u0000nn", "A\u200Bnn", "\uD800", 7, null])(
    "refuses %j",
    (given) => {
      expect(personName.safeParse(given).success).toBe(false);
    },
  );
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
  test("is between 1 and 1,000 characters without the blanks around it", () => {
    expect(text.parse("  hi \n")).toBe("hi");
    expect(text.safeParse(" \n ").success).toBe(false);
    expect(text.safeParse("x".repeat(1_001)).success).toBe(false);
    expect(text.parse("x".repeat(1_000))).toHaveLength(1_000);
  });
});
