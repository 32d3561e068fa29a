import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The workspace this test runs in. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of code on a page, or a hidden one in a comment. */
export interface CodeBlock {
  readonly page: string;
  /** The line its code begins at, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** The words behind the language: a file name, `run`, `fragment`. */
  readonly words: readonly string[];
  readonly code: string;
}

/** A link as it is written, and where it stands. */
interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

const skipped = new Set(["node_modules", "dist", "fixtures", ".cache", ".git"]);

/** Every page of the project, from the workspace's root, with forward slashes. */
export const pages: readonly string[] = pagesIn("");

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return pagesIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The text of a file of the project. */
export function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** The blocks of code on a page. A comment `<!-- ts given.d.ts … -->` is a block that readers do not see. */
export function codeBlocks(page: string, text: string = read(page)): CodeBlock[] {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const opening = /^(`{3,}|<!-- (?=tsx? ))(.*)$/.exec(lines[at] as string);
    if (opening === null) continue;
    const [, mark = "", info = ""] = opening;
    const closing = mark.startsWith("`") ? mark : "-->";
    const end = lines.indexOf(closing, at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: a block of code does not end`);
    const [language = "", ...words] = info.trim().split(/\s+/);
    blocks.push({ page, line: at + 2, language, words, code: lines.slice(at + 1, end).join("\n") });
    at = end;
  }
  return blocks;
}

/** The lines of a page with its blocks of code left empty, so that what is in them counts for nothing. */
function prose(page: string, text: string = read(page)): string[] {
  const lines = text.split("\n");
  for (const block of codeBlocks(page, text)) {
    const length = block.code.split("\n").length;
    lines.fill("", block.line - 1, block.line - 1 + length);
  }
  return lines;
}

/** The links of a page, images too. */
export function links(page: string, text: string = read(page)): Link[] {
  return prose(page, text).flatMap((line, index) =>
    [...line.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => ({
      page,
      line: index + 1,
      target,
    })),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = prose(page).flatMap((line) => {
    const heading = /^#{1,6}\s+(.*?)\s*$/.exec(line)?.[1];
    if (heading === undefined) return [];
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return [before === 0 ? slug : `${slug}-${before}`];
  });
  return new Set(found);
}

/** The rows of a page's tables, cell by cell; the rows under the heading that `under` matches, if it is given. */
export function tableRows(page: string, under?: RegExp): string[][] {
  let isUnder = under === undefined;
  return prose(page).flatMap((line) => {
    const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (heading !== undefined && under !== undefined) isUnder = under.test(heading);
    if (!isUnder || !line.startsWith("|") || /^\|[\s|:-]+\|$/.test(line)) return [];
    // A bar inside code is written \| in a table.
    const cells = line.slice(1, line.lastIndexOf("|")).split(/(?<!\\)\|/);
    return [cells.map((cell) => cell.trim().replaceAll("\\|", "|"))];
  });
}

/** Where a relative link leads, from the workspace's root. */
export function resolveLink(page: string, target: string): string {
  return posix.join(dirname(page), target);
}
