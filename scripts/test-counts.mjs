// Counts what vitest's JSON reports say.
//
//   node scripts/test-counts.mjs <problems> <report.json>…
//
// prints one line, "N passed, N failed", over all reports. <problems> is the number of commands that failed for
// another reason than a test (a lint error, a report never written) and counts as failed. Exit code 1 if anything failed.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * Tests by outcome; a file that failed without a failing test (it did not load, or a hook threw) counts as one failure.
 *
 * @param {Report} report
 */
export function countTests(report) {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [problems = "0", ...files] = process.argv.slice(2);
  let passed = 0;
  let failed = Number(problems);
  for (const file of files) {
    const counts = countTests(JSON.parse(readFileSync(file, "utf8")));
    passed += counts.passed;
    failed += counts.failed;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
