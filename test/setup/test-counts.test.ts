import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { root, run } from "../gates/run-gate.ts";
import { countTests } from "../../scripts/test-counts.mjs";

const fine = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [{ status: "passed", assertionResults: [{ status: "passed" }] }],
};
const oneFailed = {
  ...fine,
  numFailedTests: 1,
  testResults: [{ status: "failed", assertionResults: [{ status: "failed" }] }],
};
const notLoaded = { ...fine, testResults: [{ status: "failed", assertionResults: [] }] };

function count(problems: number, ...reports: readonly object[]) {
  const folder = mkdtempSync(join(tmpdir(), "solent-counts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = reports.map((report, at) => {
    const file = join(folder, `${at}.json`);
    writeFileSync(file, JSON.stringify(report));
    return `"${file}"`;
  });
  return run(`node scripts/test-counts.mjs ${problems} ${files.join(" ")}`, root);
}

describe("test-counts", () => {
  test("adds up all reports in one line", () => {
    expect(count(0, fine, fine)).toEqual({ passed: true, output: "6 passed, 0 failed\n" });
  });

  test("fails when a test failed in any report", () => {
    expect(count(0, fine, oneFailed)).toEqual({ passed: false, output: "6 passed, 1 failed\n" });
  });

  test("counts a file that did not load as a failure", () => {
    expect(count(0, notLoaded)).toEqual({ passed: false, output: "3 passed, 1 failed\n" });
  });

  test("counts a command that failed beside the tests", () => {
    expect(count(2, fine)).toEqual({ passed: false, output: "3 passed, 2 failed\n" });
  });

  test("fails when nothing ran at all", () => {
    expect(count(0)).toEqual({ passed: false, output: "0 passed, 0 failed\n" });
  });

  test("counts skipped and planned tests apart", () => {
    expect(countTests(fine)).toEqual({ passed: 3, failed: 0, skipped: 2 });
  });
});
