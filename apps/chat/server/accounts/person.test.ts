import { describe, expect, test } from "vitest";
import { nameKey } from "./person.ts";

describe("nameKey", () => {
  test.each([
    ["Ann Lee", "  ANN   lee "],
    ["Ann", "Ａｎｎ"],
    ["Zoë", "ZOE\u0308"],
    ["ﬁn", "FIN"],
    ["İ", "i\u0307"],
  ])("is one for %j and %j", (name, other) => {
    expect(nameKey(other)).toBe(nameKey(name));
  });

  test.each([
    ["Ann", "Anne"],
    ["Zoë", "Zoe"],
    ["a b", "ab"],
  ])("tells %j from %j", (name, other) => {
    expect(nameKey(other)).not.toBe(nameKey(name));
  });
});
