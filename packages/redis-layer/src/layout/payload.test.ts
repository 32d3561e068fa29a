import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinEntries, plainPayload, readPayload } from "./payload.ts";

const read = (text: string) => readPayload(Buffer.from(text, "latin1"));

describe("the header of a message", () => {
  test("has a position and an id, or an id alone", () => {
    expect(read("1:12 ab34 node.7\n{}")).toEqual({
      id: "node.7",
      position: "1:12 ab34 node.7",
      bytes: Buffer.from("{}"),
    });
    expect(read("0:node.7\n")).toEqual({ id: "node.7", position: undefined, bytes: Buffer.from("") });
  });

  test("leaves the bytes behind it alone, line feeds among them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const message = readPayload(Buffer.concat([Buffer.from("1:1 e id\n"), bytes]));
        expect(message).toMatchObject({ id: "id", position: "1:1 e id" });
        if (typeof message !== "string") expect(Buffer.compare(Buffer.from(message.bytes), Buffer.from(bytes))).toBe(0);
      }),
    );
  });

  test.each([
    ["nothing at all", "", "malformed"],
    ["no end", "1:1 e id", "malformed"],
    ["no id", "0:\n", "malformed"],
    ["a position without an id", "1: \n", "malformed"],
    ["a position without blanks", "1:abc\n", "malformed"],
    ["an end that comes too late", `0:${"x".repeat(300)}\n`, "malformed"],
    ["another version", "2:1 e id\n", "unknownVersion"],
    ["a JSON text of somebody else", '{"type":"chat.message"}', "unknownVersion"],
  ])("that is %s is refused", (_, text, what) => {
    expect(read(text)).toBe(what);
  });

  test("never throws, whatever anybody publishes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void readPayload(Buffer.from(bytes))));
  });
});

describe("events for the script", () => {
  test("say how much their group remembers, and that they may be there already", () => {
    const keep = { messages: 500, ageMs: 60_000 };
    const bytes = Buffer.from("{}");
    const { lengths, joined } = joinEntries([
      { id: "a.1", bytes },
      { id: "a.2", bytes, keep },
      { id: "a.3", bytes, keep, againIn: "c0ffee" },
    ]);
    expect(joined.toString()).toBe("a.1\n{}a.2 500 60000\n{}a.3 500 60000 again c0ffee\n{}");
    expect(lengths).toBe("6 16 29");
  });

  test("stand one after the other, each as long as is said of it, and one without a position is a payload already", () => {
    const entry = fc.record({ id: fc.stringMatching(/^[a-z0-9.]{1,20}$/), bytes: fc.uint8Array({ maxLength: 50 }) });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), (entries) => {
        const { lengths, joined } = joinEntries(entries);
        let at = 0;
        for (const [i, length] of lengths.split(" ").entries()) {
          const { id, bytes } = entries[i]!;
          const text = joined.subarray(at, (at += Number(length)));
          expect(text.equals(Buffer.concat([Buffer.from(`${id}\n`), bytes]))).toBe(true);
        }
        expect(at).toBe(joined.length);
        const [first] = entries;
        expect(readPayload(plainPayload(first!))).toMatchObject({ id: first!.id, position: undefined });
      }),
    );
  });
});
