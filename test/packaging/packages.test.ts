import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../gates/run-gate.ts";
import { attw, publintProblems } from "./package-checks.ts";
import { published, stageWorkspace, type StagedWorkspace } from "./staged-workspace.ts";

const entries = [
  "core",
  "core/node",
  "core/layer",
  "core/contract",
  "core/testing",
  "core/errors",
  "client",
  "redis-layer",
].map((entry) => `@solent/${entry}`);

let staged: StagedWorkspace;

beforeAll(() => {
  staged = stageWorkspace();
});

afterAll(() => staged?.dispose());

/** Runs a program in the user's project with this test's Node. */
function node(file: string, text: string) {
  writeFileSync(join(staged.user, file), text);
  return run(`"${process.execPath}" --no-warnings ${file}`, staged.user);
}

describe.each(published)("the tarball of @solent/%s", (name) => {
  test("has nothing that publint warns about", async () => {
    expect(await publintProblems(staged.tarballs[name])).toEqual([]);
  });

  test("gives every way of importing its types", () => {
    const { passed, output } = attw(staged.tarballs[name]);
    expect(passed, output).toBe(true);
    expect(output).toContain("OK (ESM)");
  });

  test("carries the sources, the build, its map and its declarations, and neither tests nor build records", () => {
    const list = run(`npm pack --silent --dry-run --json "${staged.tarballs[name]}"`, staged.user).output;
    const [{ files }] = JSON.parse(list) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    const indexes = ["src/index.ts", "dist/index.js", "dist/index.js.map", "dist/index.d.ts", "dist/index.d.ts.map"];
    expect(paths).toEqual(expect.arrayContaining([...indexes, "package.json", "LICENSE"]));
    expect(paths.filter((path) => /\.test\.|tsbuildinfo|node_modules/.test(path))).toEqual([]);
  });

  test("asks for published versions only", () => {
    const manifest = readFileSync(join(staged.user, "node_modules/@solent", name, "package.json"), "utf8");
    expect(manifest).not.toMatch(/"(catalog|workspace):/);
  });
});

describe("a user's project", () => {
  test("has the packages that are shipped and their dependencies, no more", () => {
    const manifest = JSON.parse(
      readFileSync(join(staged.user, "node_modules/@solent/core/package.json"), "utf8"),
    ) as Record<string, Record<string, string>>;
    expect(Object.keys(manifest["dependencies"] ?? {})).toEqual(["@standard-schema/spec", "ws"]);
  });

  test.each(entries)("imports %s as an ES module", (entry) => {
    const names = node("names.mjs", `console.log(Object.keys(await import("${entry}")).join());`);
    expect(names).toMatchObject({ passed: true, output: expect.stringMatching(/\w/) });
  });

  test.each(entries)("requires %s from CommonJS", (entry) => {
    const same = node("same.cjs", `import("${entry}").then((esm) => console.log(esm === require("${entry}")));`);
    expect(same).toEqual({ passed: true, output: "true\n" });
  });

  test("cannot import what is not an entry", () => {
    const deep = node("deep.mjs", `await import("@solent/core/dist/index.js");`);
    expect(deep.passed).toBe(false);
    expect(deep.output).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("compiles against the declarations, with library checks on", () => {
    const imports = entries.map((entry, at) => `import * as entry${at} from "${entry}";\nvoid entry${at};`);
    writeFileSync(join(staged.user, "imports.mts"), `${imports.join("\n")}\n`);
    const options = "--noEmit --strict --module nodenext --target es2023 --lib es2023,esnext.disposable,dom --types";
    const types = join(import.meta.dirname, "../node_modules/@types");
    expect(run(`tsc ${options} node --typeRoots "${types}" imports.mts`, staged.user)).toEqual({
      passed: true,
      output: "",
    });
  });
});

describe("the client in a page", () => {
  test("is at most 4 kB, minified and compressed with brotli", async () => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export * from "@solent/client";`, resolveDir: staged.user },
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
    });
    const bytes = brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array()).byteLength;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(4096);
    const foreign = Object.keys(metafile.inputs).filter((path) => !/@solent\/client\/dist|^<stdin>$/.test(path));
    expect(foreign).toEqual([]);
  });
});
