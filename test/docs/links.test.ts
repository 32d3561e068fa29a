import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchors, links, pages, resolveLink, root } from "./markdown.ts";

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

/** What is wrong with the links of a page. */
function broken(page: string, text?: string): string[] {
  return links(page, text).flatMap(({ line, target }) => {
    if (isElsewhere(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : resolveLink(page, path);
    if (!existsSync(join(root, file))) return [`${page}:${line}: ${target}: there is no ${file}`];
    if (anchor !== undefined && file.endsWith(".md") && !anchors(file).has(anchor)) {
      return [`${page}:${line}: ${target}: ${file} has no heading #${anchor}`];
    }
    return [];
  });
}

describe("the links between pages", () => {
  test.each(pages)("of %s lead to files and headings that exist", (page) => {
    expect(broken(page)).toEqual([]);
  });

  test("are found wrong when the file or the heading is missing, and only outside of code", () => {
    const text = [
      "[a](nowhere.md), [b](protocol.md#nowhere), [c](protocol.md#frames), [d](https://example.test/nowhere)",
      "`[e](nowhere.md)`",
      "```",
      "[f](nowhere.md)",
      "```",
      "![g](../nowhere.png)",
    ].join("\n");
    expect(broken("docs/reference/limits.md", text)).toEqual([
      "docs/reference/limits.md:1: nowhere.md: there is no docs/reference/nowhere.md",
      "docs/reference/limits.md:1: protocol.md#nowhere: docs/reference/protocol.md has no heading #nowhere",
      "docs/reference/limits.md:6: ../nowhere.png: there is no docs/nowhere.png",
    ]);
  });

  test("are read from the pages at all", () => {
    expect(pages).toContain("docs/reference/protocol.md");
    expect(links("docs/reference/protocol.md").length).toBeGreaterThan(5);
    expect(anchors("docs/reference/protocol.md")).toContain("two-levels-plain-and-solentv1");
  });
});
