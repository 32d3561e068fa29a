import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchors, links, pages, resolveLink, root } from "./markdown.ts";

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

describe("the links between pages", () => {
  test.each(pages)("of %s lead to files and headings that exist", (page) => {
    const broken = links(page).flatMap(({ line, target }) => {
      if (isElsewhere(target)) return [];
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : resolveLink(page, path);
      if (!existsSync(join(root, file))) return [`${page}:${line}: ${target}: there is no ${file}`];
      if (anchor !== undefined && file.endsWith(".md") && !anchors(file).has(anchor)) {
        return [`${page}:${line}: ${target}: ${file} has no heading #${anchor}`];
      }
      return [];
    });
    expect(broken).toEqual([]);
  });

  test("are read from the pages at all", () => {
    expect(pages).toContain("docs/reference/protocol.md");
    expect(links("docs/reference/protocol.md").length).toBeGreaterThan(5);
    expect(anchors("docs/reference/protocol.md")).toContain("two-levels-plain-and-solentv1");
  });
});
