import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RingBuffer } from "./ring-buffer.ts";

type Step =
  | { readonly do: "push"; readonly value: number }
  | { readonly do: "shift" }
  | { readonly do: "removeAt"; readonly index: number }
  | { readonly do: "clear" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("push" as const), value: fc.integer() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("shift" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("removeAt" as const), index: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const) }) },
);

function contents(ring: RingBuffer<number>): (number | undefined)[] {
  return Array.from({ length: ring.size }, (_, i) => ring.at(i));
}

describe("RingBuffer", () => {
  test("holds what an array would hold after any sequence of steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const ring = new RingBuffer<number>();
        const model: number[] = [];
        for (const next of steps) {
          if (next.do === "push") {
            ring.push(next.value);
            model.push(next.value);
          } else if (next.do === "shift") {
            expect(ring.shift()).toBe(model.shift());
          } else if (next.do === "clear") {
            ring.clear();
            model.length = 0;
          } else {
            expect(ring.removeAt(next.index)).toBe(model.splice(next.index, 1)[0]);
          }
          expect(contents(ring)).toEqual(model);
        }
      }),
    );
  });

  test("keeps its order through a burst that makes it grow and run empty", () => {
    const ring = new RingBuffer<number>();
    for (let i = 0; i < 1000; i += 1) ring.push(i);
    for (let i = 0; i < 1000; i += 1) expect(ring.shift()).toBe(i);
    ring.push(7);
    expect([ring.size, ring.shift(), ring.shift()]).toEqual([1, 7, undefined]);
  });

  test("refuses to replace an item that is not there", () => {
    const ring = new RingBuffer<number>();
    expect(() => ring.set(0, 1)).toThrow(RangeError);
    ring.push(1);
    expect(() => ring.set(1, 1)).toThrow(RangeError);
    expect([ring.at(-1), ring.at(1), ring.removeAt(5)]).toEqual([undefined, undefined, undefined]);
  });
});
