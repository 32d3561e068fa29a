import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { open, seal, sealBinary } from "./envelope.ts";

type Tree = string | number | boolean | null | Uint8Array | Tree[] | { [key: string]: Tree };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("tree"), { maxKeys: 4 }) as fc.Arbitrary<Tree>,
  ),
}));

describe("envelope", () => {
  test("gives back any JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noNegativeZero: true } as object), (value) => {
        expect(JSON.stringify(open(seal(value)))).toBe(JSON.stringify({ outcome: "value", value }));
      }),
    );
  });

  test("gives back values with bytes anywhere in them", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(open(sealBinary(value))).toEqual({ outcome: "value", value });
      }),
    );
  });

  test("survives anything that arrives", () => {
    const good = sealBinary({ a: [new Uint8Array([1, 2, 3])], b: "text" });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        (bytes, at, byte) => {
          const damaged = good.slice();
          damaged[at] = byte;
          for (const candidate of [bytes, damaged, good.subarray(0, at), new Uint8Array([1, 1, ...bytes])]) {
            expect(["value", "malformed", "unknownVersion"]).toContain(open(candidate).outcome);
          }
        },
      ),
    );
  });

  test("puts bytes only where their sender left a place for them", () => {
    const parts = (path: unknown, json = '{"a":1,"b":null}'): Uint8Array => {
      const text = new TextEncoder().encode(`[${json},[[${JSON.stringify(path)},1]]]`);
      const bytes = new Uint8Array(7 + text.length);
      bytes.set([1, 1, 0, 0, 0, text.length]);
      bytes.set(text, 6);
      return bytes;
    };
    expect(open(parts(["b"]))).toEqual({ outcome: "value", value: { a: 1, b: new Uint8Array(1) } });
    for (const path of [["a"], ["c"], ["__proto__", "x"], ["a", "b"], [], "b", ["constructor", "prototype"]]) {
      expect(open(parts(path))).toEqual({ outcome: "malformed" });
    }
  });

  test("tells a version it does not know from nonsense", () => {
    expect(open(new Uint8Array([2, 0, 1])).outcome).toBe("unknownVersion");
    expect(open(new Uint8Array([1])).outcome).toBe("malformed");
  });
});
