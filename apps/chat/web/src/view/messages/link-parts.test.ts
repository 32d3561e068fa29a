import { describe, expect, test } from "vitest";
import { partsOf } from "./link-parts.ts";

const links = (text: string) => partsOf(text).flatMap(({ href }) => href ?? []);

describe("partsOf", () => {
  test.each([
    ["see https://tides.example/today?at=3#cowes.", "https://tides.example/today?at=3#cowes"],
    ["http://charts.example", "http://charts.example"],
    ["www.charts.com, and more", "https://www.charts.com"],
    ["write to ann@charts.com", "mailto:ann@charts.com"],
  ])("finds the link in %j", (text, href) => {
    expect(links(text)).toEqual([href]);
  });

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt://charts.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "<b>bold</b>",
    "vbscript:x",
  ])("makes nothing of %j that could run", (text) => {
    expect(links(text).filter((href) => !/^https?:/.test(href))).toEqual([]);
  });

  test("loses no character", () => {
    const text = "a <i>b</i> https://c.example\n\n  d@e.com 🌊";
    expect(
      partsOf(text)
        .map(({ content }) => content)
        .join(""),
    ).toBe(text);
  });
});
