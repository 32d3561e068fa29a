import { join } from "node:path";
import { expect, test } from "vitest";
import { root, run } from "./run-gate.ts";

const folder = join(root, "test/gates/fixtures/leaks");

test("a test file that leaves a server behind fails", () => {
  const refused = run("vitest run bad", folder);
  expect(refused.passed).toBe(false);
  expect(refused.output).toContain("This file left TCPServerWrap behind");
});

test("a test file that closes its server passes", () => {
  expect(run("vitest run good", folder)).toMatchObject({ passed: true, output: expect.stringContaining("1 passed") });
});
