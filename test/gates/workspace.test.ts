import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, runGate } from "./run-gate.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");

test("the formatter refuses a file that is not formatted", () => {
  const refused = runGate("format:check", ["format/bad"], "packages/core/src");
  expect(refused.passed).toBe(false);
  expect(refused.output).toContain("packages/core/src/layer/name.ts");
  expect(runGate("format:check", ["format/good"], "packages/core/src").passed).toBe(true);
});

test("knip refuses an export that nothing uses", () => {
  const refused = runGate("unused", ["unused-export/bad"], "--include exports,files");
  expect(refused.passed).toBe(false);
  expect(refused.output).toMatch(/Unused exports[^]*unused\b.*packages\/core\/src\/layer\/names\.ts/);
  expect(runGate("unused", ["unused-export/good"], "--include exports,files").passed).toBe(true);
});

test("sherif refuses two versions of one dependency", () => {
  const refused = runGate("workspace", ["workspace/bad"]);
  expect(refused.passed).toBe(false);
  expect(refused.output).toContain("multiple-dependency-versions");
  expect(runGate("workspace", ["workspace/good"]).passed).toBe(true);
});

describe("the commands a newcomer types", () => {
  const { packageManager } = JSON.parse(read("package.json")) as { packageManager: string };

  test("name the pinned package manager in .ci/run", () => {
    expect(read(".ci/run")).toContain(`npx -y ${packageManager} test`);
  });

  test("keep the lock file free of hosts, so that any registry will do", () => {
    expect(read("pnpm-lock.yaml")).not.toMatch(/https?:|tarball:|registry\./);
  });
});

describe("docs/design/dependencies.md", () => {
  const manifests = ["package.json", ...workspaceFolders().map((folder) => `${folder}/package.json`)];

  test("has a line for every dependency, and none for what is gone", () => {
    const used = manifests.flatMap((file) => {
      const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>;
      return ["dependencies", "devDependencies", "peerDependencies"].flatMap((kind) =>
        Object.keys(manifest[kind] ?? {}),
      );
    });
    const foreign = used.filter((name) => !name.startsWith("@solent/"));
    const listed = [...read("docs/design/dependencies.md").matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(foreign));
  });
});

/** Every folder of the workspace that has a manifest, as pnpm-workspace.yaml lists them. */
function workspaceFolders(): string[] {
  const inside = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  return [...inside("packages"), ...inside("apps"), "examples", "test", "bench", "docs"].filter((folder) =>
    existsSync(join(root, folder, "package.json")),
  );
}
