import fc from "fast-check";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";

import { memoOf, snapshot, SnapshotRefusal } from "./snapshot.ts";

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

function refusal(work: () => unknown): SnapshotRefusal {
  try {
    work();
  } catch (error) {
    if (error instanceof SnapshotRefusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("snapshot", () => {
  test("is the same JSON, deeply frozen, whatever the record", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }), (record) => {
        const copy = snapshot(record);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(record));
        expect(isDeepFrozen(copy)).toBe(true);
      }),
    );
  });

  test("counts exactly the bytes of its JSON when near the limit", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary", maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }),
        (record) => {
          const bytes = new TextEncoder().encode(JSON.stringify(record)).byteLength;
          expect(() => snapshot(record, { maxBytes: bytes, maxDepth: 64 })).not.toThrow();
          if (bytes > 2)
            expect(refusal(() => snapshot(record, { maxBytes: bytes - 1, maxDepth: 64 })).bytes).toBeGreaterThan(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("stops copying a record that is far over the limit", () => {
    let reads = 0;
    const list = Array.from({ length: 10_000 }, () => 1);
    const record = new Proxy({ list }, {});
    const counted = new Proxy(list, {
      get(target, key, receiver): unknown {
        reads += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    expect(refusal(() => snapshot({ counted }, { maxBytes: 1000, maxDepth: 9 })).bytes).toBeGreaterThan(1000);
    expect(reads).toBeLessThan(2000);
    expect(refusal(() => snapshot(record, { maxBytes: 1000, maxDepth: 9 })).rule).toContain("1000 bytes");
  });

  test("remembers nothing for copies, heirs and clones of a snapshot", () => {
    const event = snapshot({ text: "a" });
    expect(memoOf(event)).toMatchObject({ type: undefined, lane: 0, frame: undefined, hasBinary: false });
    expect(memoOf(event)).toBe(memoOf(event));
    for (const other of [
      { ...event },
      Object.create(event) as object,
      structuredClone(event),
      new Proxy(event, {}),
      {},
    ]) {
      expect(memoOf(other)).toBeUndefined();
    }
    expect(Object.getOwnPropertyNames(event)).toEqual(["text"]);
    expect(Object.getOwnPropertySymbols(event)).toEqual([]);
  });

  test("gives a snapshot back as it is, unless it is too large here", () => {
    const event = snapshot({ text: "a".repeat(100) });
    expect(snapshot(event)).toBe(event);
    expect(() => snapshot(event, { maxBytes: 50, maxDepth: 9 })).toThrow(SnapshotRefusal);
    const withType = snapshot({ type: "x", text: "a" });
    expect(snapshot(withType, { maxBytes: 500, maxDepth: 9, without: "type" })).toEqual({ text: "a" });
  });

  test("takes the records of another realm, and of no prototype", () => {
    const foreign = runInNewContext("({ list: [{ a: 1 }] })") as Record<string, unknown>;
    expect(snapshot(foreign)).toEqual({ list: [{ a: 1 }] });
    expect(snapshot(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 });
  });

  test("copies a buffer's bytes, not its memory", () => {
    const buffer = Buffer.from("abc");
    const { bytes } = snapshot({ bytes: buffer }) as { bytes: Uint8Array };
    buffer[0] = 0;
    expect([bytes.constructor, [...bytes]]).toEqual([Uint8Array, [97, 98, 99]]);
    expect(memoOf(snapshot({ deep: [{ bytes: buffer }] }))?.hasBinary).toBe(true);
  });

  test("sends negative zero as zero, as JSON does", () => {
    expect(Object.is(snapshot({ n: -0 })["n"], 0)).toBe(true);
  });

  test("leaves out what JSON leaves out", () => {
    class Inherited {}
    const proto = Object.assign(Object.create(null) as Record<string, unknown>, { inherited: 1 });
    const record = Object.assign(Object.create(proto) as Record<string, unknown>, { own: 1, gone: undefined });
    expect(Object.keys(snapshot(record))).toEqual(["own"]);
    expect(() => snapshot(new Inherited() as Record<string, unknown>)).toThrow(SnapshotRefusal);
    expect(snapshot({ [Symbol("s")]: 1, a: 1 })).toEqual({ a: 1 });
  });

  test("lets the same record stand in two places, and none inside itself", () => {
    const line = { text: "a" };
    expect(snapshot({ first: line, second: line })).toEqual({ first: line, second: line });
    const list: unknown[] = [];
    list.push({ list });
    expect(refusal(() => snapshot({ list })).path).toBe(".list[0].list");
    expect(refusal(() => snapshot({ "a b": { "1": 1n } })).path).toBe('["a b"]["1"]');
  });
});
