import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";

describe("base64url", () => {
  test("writes what the platform writes, and reads it back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = encodeBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decodeBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  test("has one text for the same bytes", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w-]{0,12}$/), (text) => {
        const bytes = decodeBase64Url(text);
        if (bytes !== undefined) expect(encodeBase64Url(bytes)).toBe(text);
      }),
    );
  });

  test.each(["A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A+", "A/", "A A", "AA\n", "ÄA", "\0\0"])(
    "refuses %j, which is not canonical",
    (text) => {
      expect(decodeBase64Url(text)).toBeUndefined();
    },
  );
});
