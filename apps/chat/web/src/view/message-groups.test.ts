import { describe, expect, test } from "vitest";
import { groupLines } from "./message-groups.ts";

const minute = 60_000;
const noon = new Date(2026, 0, 5, 12).getTime();

function shape(...said: [from: string, at: number][]): string[] {
  const lines = said.map(([from, at], number) => ({ id: String(number), from, text: "", at }));
  return groupLines(lines).map((group) => `${group.beginsDay ? "day " : ""}${group.from} ${group.lines.length}`);
}

describe("groupLines", () => {
  test("puts together what one person says without a pause of five minutes", () => {
    const said = shape(
      ["Ann", noon],
      ["Ann", noon + 4 * minute],
      ["Ann", noon + 8 * minute],
      ["Ann", noon + 13 * minute],
    );
    expect(said).toEqual(["day Ann 3", "Ann 1"]);
  });

  test("begins anew when another speaks", () => {
    expect(shape(["Ann", noon], ["Bea", noon], ["Ann", noon])).toEqual(["day Ann 1", "Bea 1", "Ann 1"]);
  });

  test("begins anew at midnight", () => {
    const midnight = new Date(2026, 0, 6).getTime();
    expect(shape(["Ann", midnight - minute], ["Ann", midnight + minute])).toEqual(["day Ann 1", "day Ann 1"]);
  });
});
