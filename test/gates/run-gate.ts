import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

// Whoever imports this file waits for whole tools to run, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

/** The workspace this test runs in. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** What a gate did: whether it let the files pass, and everything it printed. */
export interface Verdict {
  readonly passed: boolean;
  readonly output: string;
}

/** The settings of the gates; a gate under test runs with the very files that are used every day. */
const settings = [
  ".oxlintrc.json",
  ".oxfmtrc.json",
  "knip.json",
  "package.json",
  "pnpm-workspace.yaml",
  "tsconfig.base.json",
  "packages/core/package.json",
  "packages/core/tsconfig.json",
  "packages/client/package.json",
  "packages/client/tsconfig.json",
];

/** A folder of files to judge: the name of a folder in `fixtures/`, or the files themselves. */
export type Fixture = string | Readonly<Record<string, string>>;

/**
 * Runs one script of the root package.json over fixtures, in an empty workspace that has only our settings.
 *
 * `more` is added to the command line.
 */
export function runGate(script: string, fixtures: readonly Fixture[], more = ""): Verdict {
  const folder = mkdtempSync(join(tmpdir(), "solent-gate-"));
  try {
    for (const file of settings) copyInto(folder, file);
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    for (const fixture of fixtures) lay(fixture, folder);
    return run(`${scriptOf(script)} ${more}`, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command line in a folder, with the workspace's tools on the PATH. */
export function run(command: string, cwd: string): Verdict {
  const PATH = [join(root, "node_modules/.bin"), join(root, "test/node_modules/.bin"), process.env["PATH"]];
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    env: { ...process.env, PATH: PATH.join(delimiter), NO_COLOR: "1", FORCE_COLOR: "0" },
    shell: true,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { passed: status === 0, output: `${stdout}${stderr}` };
}

function scriptOf(name: string): string {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const script = scripts[name];
  if (script === undefined) throw new Error(`package.json has no script "${name}"`);
  return script;
}

function lay(fixture: Fixture, folder: string): void {
  if (typeof fixture === "string") cpSync(join(root, "test/gates/fixtures", fixture), folder, { recursive: true });
  else for (const [file, text] of Object.entries(fixture)) writeInto(join(folder, file), text);
}

function copyInto(folder: string, file: string): void {
  const from = join(root, file);
  if (existsSync(from)) writeInto(join(folder, file), readFileSync(from, "utf8"));
}

function writeInto(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
