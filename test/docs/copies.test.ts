import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeBlocks, pages, read, root, type CodeBlock } from "./markdown.ts";

// A block "```ts copy examples/…/server.ts" is that file, or whole lines of it that follow each other.
const isCopy = ({ words }: CodeBlock) => words[0] === "copy";
const copies = pages.flatMap((page) => codeBlocks(page)).filter(isCopy);

/** The file that a block says it is a copy of. */
const originalOf = ({ words }: CodeBlock) => words[1] ?? "";

/** Whether the lines of a block stand in a text just so. */
function standsIn(text: string, { code }: CodeBlock): boolean {
  return `\n${text}\n`.includes(`\n${code}\n`);
}

describe("the code that pages copy from files", () => {
  test.each(copies)("at $page:$line is what the file holds", (block) => {
    expect(standsIn(read(originalOf(block)), block), `${originalOf(block)} holds\n${block.code}`).toBe(true);
  });

  test("is found wrong when a character differs, or a line is left out", () => {
    const text = ["const one = 1;", "const two = 2;", "const three = 3;", ""].join("\n");
    const holds = (...lines: string[]): boolean => {
      const page = ["```ts copy numbers.ts", ...lines, "```"].join("\n");
      return codeBlocks("page.md", page).every((block) => isCopy(block) && standsIn(text, block));
    };
    expect(holds("const two = 2;", "const three = 3;")).toBe(true);
    expect(holds("const two = 3;")).toBe(false);
    expect(holds("const one = 1;", "const three = 3;")).toBe(false);
    expect(holds("two = 2;")).toBe(false);
  });
});

describe("docs/guide/build-a-chat.md", () => {
  const folder = "examples/build-a-chat";
  const steps = readdirSync(join(root, folder)).filter((name) => /^\d-/.test(name));
  const shown = codeBlocks("docs/guide/build-a-chat.md").filter(isCopy);

  const linesOf = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

  test.each(steps)("shows every line that is new in step %s", (step) => {
    const former = steps[steps.indexOf(step) - 1];
    for (const file of readdirSync(join(root, folder, step))) {
      const path = `${folder}/${step}/${file}`;
      const known = new Set(shown.filter((block) => originalOf(block) === path).flatMap(({ code }) => linesOf(code)));
      const before = former !== undefined && readdirSync(join(root, folder, former)).includes(file);
      if (before) for (const line of linesOf(read(`${folder}/${former}/${file}`))) known.add(line);
      expect(
        linesOf(read(path)).filter((line) => !known.has(line)),
        `not on the page, of ${step}/${basename(path)}`,
      ).toEqual([]);
    }
  });

  test("has its steps in order", () => {
    const order = shown.map((block) => originalOf(block).split("/")[2] ?? "");
    expect(order).toEqual(order.toSorted());
    expect(new Set(order)).toEqual(new Set(steps));
  });
});
