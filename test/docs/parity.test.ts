import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { read, root, tableRows } from "./markdown.ts";

const page = "docs/reference/parity.md";
const rows = tableRows(page).filter(([first]) => first !== "original" && first !== "id" && first !== "#");

interface Reference {
  readonly file: string;
  readonly title: string;
}

/** The tests a row names: `file`: "title". */
function references(cell: string): Reference[] {
  return [...cell.matchAll(/`([^`]+\.ts)`: "([^"]+)"/g)].map(([, file = "", title = ""]) => ({ file, title }));
}

const all = rows.flatMap((row) => references(row.at(-1) ?? ""));
const files = [...new Set(all.map(({ file }) => file))];

/** The names of the original's test scenarios that must have a row, by the letters they begin with. */
const scenarios: Readonly<Record<string, number>> = {
  R: 8,
  W: 15,
  H: 4,
  S: 7,
  M: 10,
  L: 10,
  T: 8,
  D: 2,
  A: 7,
  O: 1,
  E: 4,
  V: 3,
  DW: 16,
  U: 1,
};

describe("docs/reference/parity.md", () => {
  test.each(files)("names tests that exist in %s", (file) => {
    expect(existsSync(join(root, file))).toBe(true);
    const text = read(file);
    const missing = all.filter((one) => one.file === file && !isTitle(text, one.title)).map(({ title }) => title);
    expect(missing).toEqual([]);
  });

  test("takes nothing but a whole title for a test", () => {
    const [one] = references('`test/a.test.ts`: "keeps its order"');
    expect(one).toEqual({ file: "test/a.test.ts", title: "keeps its order" });
    expect(isTitle('test("keeps its order", () => {});', "keeps its order")).toBe(true);
    expect(isTitle('test("keeps its order at last", () => {});', "keeps its order")).toBe(false);
  });

  test("has a test in every row, or a reason", () => {
    const bare = rows.filter((row) => {
      const shown = row.at(-1) ?? "";
      const hasReason = /\b(?:Later|Not here|Different):/.test(row.at(-2) ?? "");
      return references(shown).length === 0 && !(shown === "—" && hasReason);
    });
    expect(bare).toEqual([]);
    expect(all.length).toBeGreaterThan(150);
  });

  test("has a row for every scenario of the original's tests", () => {
    const listed = tableRows(page, /^The original's own tests$/).map(([id]) => id);
    const wanted = Object.entries(scenarios).flatMap(([letters, count]) =>
      Array.from({ length: count }, (_, index) => `${letters}${index + 1}`),
    );
    for (const group of ["C1 to C28", "P1 to P17", "X1 to X6", "DH", "DC", "asgiref"]) wanted.push(group);
    expect(wanted.filter((id) => !listed.includes(id))).toEqual([]);
  });

  test("has a row for every wish of the original's users", () => {
    const listed = tableRows(page, /^What users of the original ask for$/).slice(1);
    expect(listed.map(([number]) => number)).toEqual(Array.from({ length: 30 }, (_, index) => String(index + 1)));
  });
});

/** Whether a title stands in a file as one: in quotes of some kind, as a test's or a conformance case's name. */
function isTitle(text: string, title: string): boolean {
  return ['"', "'", "`"].some((quote) => text.includes(quote + title + quote));
}
