import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../gates/run-gate.ts";
import { attw, pack, publintProblems } from "./package-checks.ts";

/** Packs a folder of test/gates/fixtures. */
function tarballOf(fixture: string): string {
  const folder = mkdtempSync(join(tmpdir(), "solent-fixture-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, "test/gates/fixtures", fixture), join(folder, "package"), { recursive: true });
  return pack(join(folder, "package"), folder);
}

test("publint refuses a package whose types come after its code", async () => {
  expect(await publintProblems(tarballOf("publint/bad"))).toContainEqual(
    expect.stringContaining("types should be the first"),
  );
  expect(await publintProblems(tarballOf("publint/good"))).toEqual([]);
});

test("attw refuses a package without declarations", () => {
  expect(attw(tarballOf("attw/bad")).passed).toBe(false);
  expect(attw(tarballOf("attw/good"))).toMatchObject({ passed: true, output: expect.stringContaining("OK (ESM)") });
});
