import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { read, root, tableRows } from "./markdown.ts";

const page = "ARCHITECTURE.md";
const source = "packages/core/src";

interface LintOverride {
  readonly files: readonly string[];
  readonly rules?: Readonly<Record<string, unknown>>;
}

/** What each folder of core may import, as the lint rules have it. */
function allowLists(): Map<string, string[]> {
  const { overrides } = JSON.parse(read(".oxlintrc.json")) as { overrides: readonly LintOverride[] };
  const lists = new Map<string, string[]>();
  for (const { files, rules } of overrides) {
    const folder = /^packages\/core\/src\/([a-z]+)\/\*\*$/.exec(files.length === 1 ? (files[0] as string) : "")?.[1];
    const [, options] = (rules?.["no-restricted-imports"] ?? []) as [string?, { patterns: { group: string[] }[] }?];
    const outside = options?.patterns.find(({ group }) => group[0] === "../**");
    if (folder === undefined || outside === undefined) continue;
    lists.set(
      folder,
      outside.group.slice(1).map((pattern) => pattern.replace(/^!\.\.\/(.*)\/\*\*$/, "$1")),
    );
  }
  return lists;
}

describe("ARCHITECTURE.md", () => {
  test("names only files and folders that exist", () => {
    const named = [...read(page).matchAll(/[\w./-]*\w\/[\w.-]+\.(?:ts|md|json|txt)\b|`index\.ts`/g)]
      .map(([name]) => name.replaceAll("`", ""))
      .filter((name) => !name.startsWith("@"));
    expect(named.length).toBeGreaterThan(40);
    const missing = named.filter((name) => ![name, join(source, name)].some((path) => existsSync(join(root, path))));
    expect(missing).toEqual([]);
  });

  test("has the table of folders that the lint rules enforce", () => {
    const table = tableRows(page, /^Folders$/)
      .filter(([folder = ""]) => /^`[a-z]+\/`$/.test(folder))
      .map(([folder = "", , imports = ""]) => [
        folder.slice(1, -2),
        imports === "nothing" ? [] : imports.split(", ").toSorted(),
      ]);
    const rules = [...allowLists()].map(([folder, imports]) => [folder, imports.toSorted()]);
    expect(rules.length).toBeGreaterThan(5);
    expect(table).toEqual(expect.arrayContaining(rules));
    expect(table).toHaveLength(rules.length);
  });

  test("has the entry points of the package", () => {
    const { exports } = JSON.parse(read("packages/core/package.json")) as {
      exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    const entries = Object.entries(exports).flatMap(([name, target]) =>
      typeof target === "string"
        ? []
        : [[`@solent/core${name.slice(1)}`, target["@solent/source"]?.replace("./src/", "")]],
    );
    const table = tableRows(page, /^Folders$/)
      .filter(([name = ""]) => name.startsWith("`@solent/core"))
      .map(([name = "", file = ""]) => [name.replaceAll("`", ""), file.replaceAll("`", "")]);
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(entries));
  });
});
