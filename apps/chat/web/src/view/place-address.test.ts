import { describe, expect, test } from "vitest";
import { addressOf, placeAt } from "./place-address.ts";

describe("addressOf and placeAt", () => {
  test.each([
    { kind: "room", name: "füße-und-schuhe" },
    { kind: "direct", name: "a/b#c?d %41 🌊" },
  ] as const)("find the way there and back: %j", (place) => {
    expect(placeAt(addressOf(place))).toEqual(place);
  });

  test.each([
    "",
    "#/",
    "#/rooms/",
    "#/rooms/A b",
    "#/rooms/a%2Fb",
    "#/direct/%E0%A4%A",
    "#/other/x",
    `#/rooms/${"x".repeat(40)}`,
  ])("take %s for the list of all", (hash) => {
    expect(placeAt(hash)).toBeUndefined();
  });
});
