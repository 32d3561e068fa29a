import { describe, expect, test } from "vitest";

import { Capacities } from "./capacity.ts";

describe("Capacities", () => {
  test("match globs over the whole name, the first match winning", () => {
    const capacities = new Capacities(100, {
      "a.?": 1,
      "a.*": 2,
      "[bc]x": 3,
      "[!bc]y": 4,
      "d.e": 5,
      "f[": 6,
      "g[]]": 7,
    });
    const of = (name: string): number => capacities.of(name);
    expect(["a.1", "a.12", "bx", "cx", "dx", "by", "zy", "d.e", "dxe", "f[", "g]", "xa.1"].map(of)).toEqual([
      1, 2, 3, 3, 100, 100, 4, 5, 100, 6, 7, 100,
    ]);
  });

  test("match expressions every time, whatever their flags", () => {
    const capacities = new Capacities(100, new Map([[/^job\./gy, 5]]));
    expect([capacities.of("job.a"), capacities.of("job.a"), capacities.of("xjob.a")]).toEqual([5, 5, 100]);
  });

  test("are refused when a pattern or a number is wrong", () => {
    const wrong = [{ a: 0 }, { a: 1.5 }, { a: "7" }, { "": 1 }, { ["x".repeat(201)]: 1 }] as unknown[] as Record<
      string,
      number
    >[];
    for (const rules of wrong) {
      expect(() => new Capacities(100, rules)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });
});
