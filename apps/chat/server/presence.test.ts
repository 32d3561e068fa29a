import { describe, expect, test } from "vitest";
import { Presence } from "./presence.ts";

describe("Presence", () => {
  test("counts two tabs of one person as one who comes once and leaves once", () => {
    const presence = new Presence();
    expect(presence.enter("red", "tab1", "Ann")).toBe(true);
    expect(presence.enter("red", "tab2", "Ann")).toBe(false);
    expect(presence.names("red")).toEqual(["Ann"]);
    expect(presence.leave("red", "tab1")).toBe(false);
    expect(presence.has("red", "Ann")).toBe(true);
    expect(presence.leave("red", "tab2")).toBe(true);
    expect(presence.names("red")).toEqual([]);
  });

  test("keeps places apart", () => {
    const presence = new Presence();
    presence.enter("red", "tab1", "Ann");
    expect(presence.has("blue", "Ann")).toBe(false);
    expect(presence.leave("blue", "tab1")).toBe(false);
    expect(presence.names("red")).toEqual(["Ann"]);
  });

  test("takes a connection that leaves twice, or never came, for nothing", () => {
    const presence = new Presence();
    presence.enter("red", "tab1", "Ann");
    presence.leave("red", "tab1");
    expect(presence.leave("red", "tab1")).toBe(false);
    expect(presence.leave("red", "tab9")).toBe(false);
  });
});
