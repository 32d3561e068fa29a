import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root, runGate, type Fixture } from "./run-gate.ts";

interface LintCase {
  readonly gate: string;
  /** The rule that must speak, as oxlint prints it. */
  readonly rule: string;
  /** The file it must speak about. */
  readonly file: string;
  readonly bad: Fixture;
  readonly good: Fixture;
}

const layer = "packages/core/src/layer";

/** A violation kept in `fixtures/<gate>/bad`, and its correction in `good`. */
function kept(gate: string, rule: string, file: string): LintCase {
  return { gate, rule, file, bad: `${gate}/bad`, good: `${gate}/good` };
}

/** A violation that is only long: it is written here and not kept. */
function written(gate: string, rule: string, texts: { bad: string; good: string }): LintCase {
  const file = `${layer}/${gate.replace(" ", "-")}.ts`;
  return { gate, rule, file, bad: { [file]: `${texts.bad}\n` }, good: { [file]: `${texts.good}\n` } };
}

const constants = (count: number) =>
  Array.from({ length: count }, (_, at) => `export const value${at}: number = ${at};`).join("\n");

const functionOf = (lines: number) =>
  `export function count(): number {\n  let total = 0;\n${"  total += 1;\n".repeat(lines - 4)}  return total;\n}`;

const nested = (depth: number) =>
  `export function run(go: () => boolean): void {\n${"if (go()) {".repeat(depth)}go();${"}".repeat(depth)}\n}`;

const cases: readonly LintCase[] = [
  kept("import-direction", "eslint(no-restricted-imports)", `${layer}/hub.ts`),
  kept("import-cycle", "import(no-cycle)", `${layer}/a.ts`),
  kept("deep-import", "eslint(no-restricted-imports)", "apps/chat/server/main.ts"),
  kept("client-runtime-import", "eslint(no-restricted-imports)", "packages/client/src/client.ts"),
  kept("node-builtin", "import(no-nodejs-modules)", `${layer}/random.ts`),
  kept("node-global", "eslint(no-restricted-globals)", `${layer}/encode.ts`),
  kept("floating-promise", "typescript(no-floating-promises)", `${layer}/send.ts`),
  kept("return-in-try", "typescript(return-await)", `${layer}/read.ts`),
  kept("explicit-any", "typescript(no-explicit-any)", `${layer}/data.ts`),
  written("file length", "eslint(max-lines)", { bad: constants(401), good: `${constants(400)}\n\n// note` }),
  written("function length", "eslint(max-lines-per-function)", { bad: functionOf(61), good: functionOf(60) }),
  written("nesting", "eslint(max-depth)", { bad: nested(4), good: nested(3) }),
  written("parameters", "eslint(max-params)", {
    bad: "export const add = (a: number, b: number, c: number, d: number): number => a + b + c + d;",
    good: "export const add = (a: number, b: number, c: number): number => a + b + c;",
  }),
  written("unfinished work", "eslint(no-warning-comments)", {
    bad: "// TODO finish\nexport {};",
    good: "// finished\nexport {};",
  }),
  {
    gate: "file name",
    rule: "unicorn(filename-case)",
    file: `${layer}/someName.ts`,
    bad: { [`${layer}/someName.ts`]: "export {};\n" },
    good: { [`${layer}/some-name.ts`]: "export {};\n" },
  },
];

/** What the lint said, one line a problem: path:line:column: text [Error/rule]. */
function lint(fixtures: readonly Fixture[]) {
  const { passed, output } = runGate("lint", fixtures, "--format=unix");
  return { passed, problems: output.split("\n").filter((line) => /\[(Error|Warning)\//.test(line)) };
}

describe("lint", () => {
  let refused: ReturnType<typeof lint>;
  beforeAll(() => {
    refused = lint(cases.map(({ bad }) => bad));
  });

  test.each(cases)("refuses a violation of $gate", ({ file, rule }) => {
    const ofFile = refused.problems.filter((line) => line.startsWith(`${file}:`));
    expect(ofFile).toEqual([expect.stringContaining(`[Error/${rule}]`)]);
    expect(refused.passed).toBe(false);
  });

  test("lets the corrections of all of them pass", () => {
    expect(lint(cases.map(({ good }) => good))).toEqual({ passed: true, problems: [] });
  });

  test("fails on a single violation", () => {
    expect(lint(["floating-promise/bad"]).passed).toBe(false);
  });
});

describe("the direction of imports in core", () => {
  const { overrides } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
    overrides: { files: string[]; rules: Record<string, unknown> }[];
  };
  const belowServer = [
    "internal",
    "errors",
    "contract",
    "layer",
    "hub",
    "outbox",
    "connection",
    "consumer",
    "runner",
    "routing",
    "middleware",
  ];
  const allowed: Record<string, readonly string[]> = {
    internal: [],
    errors: ["internal"],
    contract: ["errors", "internal"],
    layer: ["errors", "internal"],
    hub: ["layer", "errors", "internal"],
    outbox: ["contract", "errors", "internal"],
    connection: ["outbox", "contract", "layer", "errors", "internal"],
    consumer: ["connection", "outbox", "contract", "layer", "errors", "internal"],
    runner: ["consumer", "connection", "outbox", "contract", "layer", "errors", "internal"],
    routing: ["runner", "consumer", "contract", "connection", "errors", "internal"],
    middleware: ["routing", "connection", "errors", "internal"],
    server: belowServer,
    testing: belowServer,
  };
  const folders = Object.keys(allowed);

  test("has a list of allowed imports for every folder", () => {
    const limited = overrides.filter(({ rules }) => "no-restricted-imports" in rules).flatMap(({ files }) => files);
    const present = readdirSync(join(root, "packages/core/src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders).toEqual(expect.arrayContaining(present));
    expect(limited).toEqual(expect.arrayContaining(folders.map((folder) => `packages/core/src/${folder}/**`)));
  });

  test("lets a folder import exactly what its list names", () => {
    const files: Record<string, string> = {};
    for (const from of folders) {
      for (const to of folders.filter((folder) => folder !== from)) {
        files[`packages/core/src/${from}/from-${to}.ts`] =
          `import type { There } from "../${to}/there.ts";\n\nexport type Here = There;\n`;
      }
      files[`packages/core/src/${from}/there.ts`] = "export type There = string;\n";
    }
    const { problems } = lint([files]);
    for (const from of folders) {
      const refusedHere = folders.filter((to) =>
        problems.some((line) => line.startsWith(`packages/core/src/${from}/from-${to}.ts:`)),
      );
      const others = folders.filter((folder) => folder !== from);
      expect(
        others.filter((to) => !refusedHere.includes(to)),
        from,
      ).toEqual(others.filter((to) => allowed[from]?.includes(to)));
    }
  });
});
