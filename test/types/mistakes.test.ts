import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compile, compilers, type Diagnostic, fixtures, writeDeclarations } from "./compiler.ts";

// Every file in fixtures/mistakes makes one mistake, on the line marked `// here`. Its first line is the first line of the
// message that the user must see, the same in every compiler; `…` stands for any text.
interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly message: RegExp;
  readonly lastLine: string | undefined;
}

function readMistake(name: string): Mistake {
  const lines = readFileSync(join(fixtures, "mistakes", name), "utf8").split("\n");
  const message = lines[0]?.replace(/^\/\/ /, "") ?? "";
  const lastLine = lines[1]?.match(/^\/\/ {3}last line: (.*)$/)?.[1];
  const pattern = message.split("…").map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return {
    file: `mistakes/${name}`,
    line: lines.findIndex((line) => line.endsWith("// here")) + 1,
    message: new RegExp(`^${pattern.join(".*")}$`),
    lastLine,
  };
}

const mistakes = readdirSync(join(fixtures, "mistakes")).map(readMistake);

test("nineteen mistakes and more are shown", () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(19);
  for (const mistake of mistakes) expect(mistake.line).toBeGreaterThan(1);
});

const outcomes = new Map<string, Promise<Awaited<ReturnType<typeof compile>>>>();

// Each compiler runs once, for all fixtures, and all at the same time.
beforeAll(async () => {
  await writeDeclarations();
  for (const [name, folder] of Object.entries(compilers)) outcomes.set(name, compile(folder));
  await Promise.all(outcomes.values());
}, 120_000);

describe.each(Object.keys(compilers))("%s", (name) => {
  async function diagnosticsOf(matches: (file: string) => boolean): Promise<Diagnostic[]> {
    const { diagnostics } = await (outcomes.get(name) as NonNullable<ReturnType<typeof outcomes.get>>);
    return diagnostics.filter(({ file }) => matches(file));
  }

  test("is the compiler it is called", async () => {
    const outcome = await outcomes.get(name);
    expect(`TypeScript ${outcome?.version}`).toContain(`${name}.`);
  });

  test("finds nothing wrong with correct programs", async () => {
    expect(await diagnosticsOf((file) => !file.startsWith("mistakes/"))).toEqual([]);
  });

  test.each(mistakes)("says in one line what is wrong in $file", async ({ file, line, message, lastLine }) => {
    const found = await diagnosticsOf((at) => at === file);
    expect(found).toEqual([expect.objectContaining({ line, text: expect.stringMatching(message) })]);
    if (lastLine !== undefined) expect(found[0]?.lastLine).toBe(lastLine);
  });
});
