import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../gates/run-gate.ts";

const entry = join(root, "apps/chat/web/src/main.tsx");

describe("the chat's page", () => {
  let metafile: Metafile;

  beforeAll(async () => {
    expect(existsSync(entry)).toBe(true);
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      platform: "browser",
      jsx: "automatic",
      conditions: ["@solent/source"],
      loader: { ".svg": "dataurl", ".css": "empty" },
      write: false,
      outdir: "unused",
      metafile: true,
      absWorkingDir: root,
    });
    metafile = result.metafile;
  });

  test("holds nothing of zod and nothing of the server", () => {
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain("apps/chat/web/src/main.tsx");
    expect(inputs).toContain("packages/client/src/index.ts");
    expect(inputs.filter((path) => /node_modules\/zod\/|apps\/chat\/server\/|packages\/core\//.test(path))).toEqual([]);
  });

  test("imports no built-in of Node", () => {
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
    expect(imports.filter((path) => path.startsWith("node:"))).toEqual([]);
  });
});
