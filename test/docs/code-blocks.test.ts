import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { codeBlocks, pages, root, type CodeBlock } from "./markdown.ts";

// The whole compiler runs here, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

// Every block becomes a file in the folder of its page, at the line where it stands on the page, so that the compiler's
// messages point there. Files of one page may import each other by the names that the blocks give themselves.
//
//   ```ts              is compiled
//   ```ts room.ts      is compiled as room.ts
//   ```ts run          is compiled and run; one that imports vitest brings its own tests
//   ```ts fragment     is skipped: it shows a part of something
//   ```ts copy <file>  is skipped: it is compared with a file, which is compiled and run elsewhere (copies.test.ts)
//   <!-- ts given.d.ts (and the closing --> on a line of its own): compiled, and not seen by readers
const cache = join(root, "test/docs/.cache");
mkdirSync(cache, { recursive: true });
// A folder of its own, so that two runs at a time do not take each other's files away.
const folder = mkdtempSync(join(cache, "run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface BlockFile {
  readonly block: CodeBlock;
  readonly path: string;
}

const blocks = pages.flatMap((page) => codeBlocks(page)).filter(({ language }) => /^tsx?$/.test(language));
const files = blocks.filter(({ words }) => !words.includes("fragment") && words[0] !== "copy").map(fileOf);

for (const { path, block } of files) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${"\n".repeat(block.line - 1)}${block.code}\n`);
}
// Proof that a mistake is seen: this one must be complained about, and nothing else.
const proof = ["```ts", 'const count: number = "three";', "```"].join("\n");
const mistake = { path: join(folder, "mistake.ts"), code: codeBlocks("mistake.md", proof)[0]?.code ?? "" };
writeFileSync(mistake.path, mistake.code);
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configOf()));

function fileOf(block: CodeBlock): BlockFile {
  const name = block.words.find((word) => /\.tsx?$/.test(word)) ?? `line-${block.line}.${block.language}`;
  // Not named like a test: the runner would take it for one of its own.
  const file = name.replace(/\.test\.ts$/, ".test-block.ts");
  return { block, path: join(folder, block.page.replaceAll("/", "_").replace(/\.md$/, ""), file) };
}

function configOf(): object {
  return {
    extends: "../../../../tsconfig.base.json",
    compilerOptions: {
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      noEmit: true,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      // A block without imports is a module of its own, and shares no names with its neighbours.
      moduleDetection: "force",
      jsx: "react-jsx",
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    },
    include: ["**/*"],
  };
}

describe("the code on the pages", () => {
  test("has a name of its own in every block of a page", () => {
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  test("is compiled, but for a few fragments", () => {
    const fragments = blocks.filter(({ words }) => words.includes("fragment"));
    expect(files.length).toBeGreaterThan(10);
    expect(fragments.length).toBeLessThan(files.length / 2);
  });

  test("compiles (a file in the messages is a page, at the page's own lines)", () => {
    const tsc = join(root, "node_modules/.bin/tsc");
    const { stdout, stderr, error } = spawnSync(tsc, ["-p", ".", "--pretty", "false", "--listFiles"], {
      cwd: folder,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    expect(`${stderr}${error?.message ?? ""}`).toBe("");
    const compiled = new Set(stdout.split(/\r?\n/));
    expect(files.filter(({ path }) => !compiled.has(path.replaceAll("\\", "/")))).toEqual([]);
    const [seen, ...others] = complaints(stdout).toSorted(
      (a, b) => Number(b.startsWith("mistake.ts")) - Number(a.startsWith("mistake.ts")),
    );
    expect(others).toEqual([]);
    expect(seen).toMatch(/^mistake\.ts\(1,7\): error TS2322:/);
  });
});

/** What the compiler says about the pages; the sources they import are compiled by projects of their own. */
function complaints(output: string): string[] {
  const messages = output.split(/\r?\n(?! )/).filter((message) => /error TS\d+/.test(message));
  return messages.filter((message) => !message.startsWith(".."));
}

const runnable = files.filter(({ block }) => block.words.includes("run"));

describe.each(runnable)("the block at $block.page:$block.line", async ({ block, path }) => {
  const load = (): Promise<unknown> => import(pathToFileURL(path).href);
  if (/from "vitest"/.test(block.code)) await load();
  else test("runs", load);
});
