// The whole suite with one command: every check that runs no code, then every test, then one table.
// All steps run even when one fails, so that one run shows everything there is to mend.
//
//   pnpm test                    everything
//   pnpm test --json <file>      the same, and vitest's JSON report in <file> (this is what .ci/run reads)
//   pnpm check                   only the steps before the tests
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { countTests } from "./test-counts.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({ options: { json: { type: "string" }, checks: { type: "boolean" } } });
const report = resolve(root, options.json ?? "node_modules/.cache/solent/vitest.json");

/** Each step is a script of package.json, so that it can be run alone by the same name. */
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const checks = ["build", "lint", "format:check", "unused", "workspace"];
const tests = { name: "test:run", more: ` --reporter=default --reporter=json --outputFile.json="${report}"` };
const steps = checks.map((name) => ({ name, more: "" })).concat(options.checks ? [] : [tests]);

/** @param {{ name: string, more: string }} step */
function run({ name, more }) {
  process.stdout.write(`\n== ${name}: ${scripts[name]}\n`);
  const startedAt = performance.now();
  const PATH = join(root, "node_modules/.bin") + delimiter + process.env["PATH"];
  const { status, error } = spawnSync(scripts[name] + more, {
    cwd: root,
    env: { ...process.env, PATH },
    shell: true,
    stdio: "inherit",
  });
  if (error) process.stdout.write(`${error.message}\n`);
  return { name, passed: status === 0, seconds: (performance.now() - startedAt) / 1000 };
}

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const results = steps.map(run);

process.stdout.write(`\nNode ${process.version}\n`);
for (const { name, passed, seconds } of results) {
  process.stdout.write(`  ${passed ? "ok    " : "FAILED"}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s\n`);
}
if (existsSync(report)) {
  const { passed, failed, skipped } = countTests(JSON.parse(readFileSync(report, "utf8")));
  process.stdout.write(`  ${passed} tests passed, ${failed} failed, ${skipped} skipped\n`);
}
process.exitCode = results.every((result) => result.passed) ? 0 : 1;
