import { describe, expect, test } from "vitest";
import { type CookieHeader, cookies, cookieValues } from "./cookies.ts";

const read = (cookie: string | readonly string[] | undefined): Record<string, string> =>
  Object.fromEntries(cookies({ headers: { cookie } }));

describe("cookies", () => {
  test("reads names and values", () => {
    expect(read("a=1; b=two")).toEqual({ a: "1", b: "two" });
  });

  test("is empty without a Cookie header", () => {
    expect(read(undefined)).toEqual({});
    expect(read("")).toEqual({});
  });

  test("reads every Cookie header where there are several", () => {
    expect(read(["a=1; b=2", "c=3"])).toEqual({ a: "1", b: "2", c: "3" });
  });

  test("takes the first of several cookies with one name", () => {
    expect(read("a=1; a=2")).toEqual({ a: "1" });
  });

  test("takes quotes and blanks around a value away", () => {
    expect(read('a="1" ;\tb= 2 ; c=""; d="')).toEqual({ a: "1", b: "2", c: "", d: '"' });
  });

  test("keeps equals signs, percent signs and other people's JSON as they are", () => {
    expect(read('a=b=c==; d=%20; e={"x":1}')).toEqual({ a: "b=c==", d: "%20", e: '{"x":1}' });
  });

  test("leaves out what has no name or no equals sign", () => {
    expect(read("flag; =1; ; a b=2; ok=3; é=4")).toEqual({ ok: "3" });
  });

  test("takes no cookie for a property of an object", () => {
    const found = cookies({ headers: { cookie: "__proto__=1; constructor=2" } });
    expect([found.get("__proto__"), found.get("constructor"), found.get("toString")]).toEqual(["1", "2", undefined]);
  });

  test("does not read a header that is longer than any browser's", () => {
    expect(read(`a=1; b=${"x".repeat(16_384)}`)).toEqual({});
  });
});

describe("cookieValues", () => {
  test.each<[CookieHeader, string[]]>([
    ["a=1; b=2; a=3", ["1", "3"]],
    ["a=1; a=1", ["1"]],
    [
      ["a=1", "a=2"],
      ["1", "2"],
    ],
    ["A=1", []],
    [null, []],
  ])("finds the different values of a in %j", (header, values) => {
    expect(cookieValues(header, "a")).toEqual(values);
  });
});
