import { describe, expect, test } from "vitest";
import { Presence } from "./presence.ts";

describe("Presence", () => {
  test("counts two tabs of one person as one who comes once and leaves once", () => {
    const presence = new Presence();
    expect(presence.enter("red", "Ann", "tab1")).toBe(true);
    expect(presence.enter("red", "Ann", "tab2")).toBe(false);
    expect(presence.names("red")).toEqual(["Ann"]);
    expect(presence.leave("red", "Ann", "tab1")).toBe(false);
    expect(presence.count("red")).toBe(1);
    expect(presence.leave("red", "Ann", "tab2")).toBe(true);
    expect(presence.count("red")).toBe(0);
  });

  test("keeps places apart", () => {
    const presence = new Presence();
    presence.enter("red", "Ann", "tab1");
    expect(presence.names("blue")).toEqual([]);
    expect(presence.leave("blue", "Ann", "tab1")).toBe(false);
    expect(presence.names("red")).toEqual(["Ann"]);
  });

  test("takes a connection that leaves twice, or never came, for nothing", () => {
    const presence = new Presence();
    presence.enter("red", "Ann", "tab1");
    expect(presence.leave("red", "Ann", "tab9")).toBe(false);
    expect(presence.leave("red", "Ann", "tab1")).toBe(true);
    expect(presence.leave("red", "Ann", "tab1")).toBe(false);
  });
});
