import { beforeAll, describe, expect, test } from "vitest";
import { websocketConformancePage } from "../../scripts/websocket-conformance-page.ts";
import { read } from "../docs/markdown.ts";
import { examineSolent, type Row, sections } from "./conformance-run.ts";

const numbers = sections.flatMap(({ cases }, section) =>
  cases.map((one, index) => ({ number: `${section + 1}.${index + 1}`, name: one.name })),
);
let rows: readonly Row[] = [];

beforeAll(async () => {
  rows = await examineSolent();
}, 120_000);

describe("the WebSocket server, spoken to over plain TCP", () => {
  test.each(numbers)("answers as the RFC says: $number $name", ({ number }) => {
    const row = rows.find((one) => one.number === number);
    const failed = [...(row?.outcomes ?? [])].filter(([, { result }]) => result === "FAIL");
    expect(failed).toEqual([]);
    expect(row?.outcomes.size).toBe(row?.case.modes?.length ?? 2);
  });
});

describe("docs/reference/websocket-conformance.md", () => {
  test("is what scripts/websocket-conformance-page.ts makes of these answers", () => {
    expect(read("docs/reference/websocket-conformance.md")).toBe(websocketConformancePage(rows));
  });
});
