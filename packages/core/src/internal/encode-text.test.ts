import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeText } from "./encode-text.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

test("every text keeps its own bytes, whatever is encoded after it", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 2000, maxLength: 2100 }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      const encoded = texts.map(encodeText);
      expect(encoded.map((bytes) => decoder.decode(bytes))).toEqual(texts);
    }),
  );
});

test("half of a surrogate pair becomes a replacement character, as everywhere", () => {
  expect(decoder.decode(encodeText("a\ud83d"))).toBe("a\ufffd");
});
