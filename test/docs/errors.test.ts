import { catalogue, SolentError } from "@solent/core/errors";
import { describe, expect, test } from "vitest";
import { errorsPage } from "../../scripts/errors-page.ts";
import { read } from "./markdown.ts";

const page = read("docs/reference/errors.md");
const codes = Object.keys(catalogue);

describe("docs/reference/errors.md", () => {
  test("is what scripts/errors-page.ts writes", () => {
    expect(page).toBe(errorsPage());
  });

  test("has every code of the catalogue, and no other", () => {
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(codes);
  });

  test.each(codes)("has a note on %s that says when it comes or what to do", (code) => {
    const section = page.slice(page.indexOf(`### ${code}\n`)).split(/\n### /)[0] ?? "";
    const note = section.split("\n\n").at(3) ?? "";
    expect(note.length).toBeGreaterThan(30);
  });

  test.each(codes)("has a sentence for %s that needs no detail to be a sentence", (code) => {
    const error = new SolentError(code as keyof typeof catalogue);
    expect(error.message).toMatch(/^[^\n]+\.$/);
    expect([error.code, error.name, SolentError.is(error), SolentError.is(error, error.code)]).toEqual([
      code,
      "SolentError",
      true,
      true,
    ]);
  });
});
