import { describe, expect, test } from "vitest";
import { runGate } from "./run-gate.ts";

describe("the compiler's settings", () => {
  test("refuse every fixture for the reason it was written for", () => {
    const { passed, output } = runGate("build", ["strictness/bad"], "packages/core");
    expect(passed).toBe(false);
    for (const [file, code] of [
      ["unchecked-index", "TS2532"],
      ["exact-optional", "TS2375"],
      ["implicit-override", "TS4114"],
      ["implicit-return", "TS7030"],
      ["fallthrough", "TS7029"],
      ["parameter-property", "TS1294"],
      ["value-import-of-type", "TS1484"],
      ["inferred-export", "TS9010"],
      ["implicit-any", "TS7006"],
    ]) {
      expect(output).toMatch(new RegExp(`${file}\\.ts.*error ${code}`));
    }
  });

  test("accept correct code", () => {
    expect(runGate("build", ["strictness/good"], "packages/core")).toEqual({ passed: true, output: "" });
  });
});
