import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isSchema, pathText, validate, type Schema } from "./schema.ts";

/** A schema of a library of our own. */
function schemaOf(validateValue: Schema["~standard"]["validate"]): Schema {
  return { "~standard": { version: 1, vendor: "test", validate: validateValue } };
}

describe("validate", () => {
  test("gives the output of the schema", () => {
    expect(validate(z.object({ n: z.coerce.number() }), { n: "5" }, "params")).toEqual({ value: { n: 5 } });
  });

  test("gives undefined where that is the output", () => {
    expect(validate(z.undefined(), undefined, "params")).toEqual({ value: undefined });
  });

  test("says where and what is wrong", () => {
    const found = validate(z.object({ list: z.array(z.object({ text: z.string() })) }), { list: [{ text: 1 }] }, "x");
    expect(found.issues).toEqual([{ path: ["list", 0, "text"], message: expect.stringContaining("string") }]);
    expect(pathText(found.issues?.[0].path ?? [])).toBe("list.0.text");
  });

  test("reads both forms of a path, and symbols", () => {
    const schema = schemaOf(() => ({
      issues: [{ message: "no", path: ["a", { key: 1 }, { key: Symbol("s") }] }, { message: "nor" }],
    }));
    expect(validate(schema, 1, "x").issues).toEqual([
      { path: ["a", 1, "Symbol(s)"], message: "no" },
      { path: [], message: "nor" },
    ]);
  });

  test("reports ten issues of a value with many", () => {
    const found = validate(z.array(z.string()), Array.from({ length: 50 }, Number), "x");
    expect(found.issues).toHaveLength(10);
  });

  test("refuses a value even where the schema names no issue", () => {
    expect(
      validate(
        schemaOf(() => ({ issues: [] })),
        1,
        "x",
      ).issues,
    ).toHaveLength(1);
  });

  test("refuses an asynchronous schema by the name of its entry, and leaves no rejection behind", () => {
    const schema = schemaOf(() => Promise.reject(new Error("later")));
    expect(() => validate(schema, "a", "toServer.say")).toThrow(
      expect.objectContaining({ code: "CONTRACT_ASYNC", details: { entry: "toServer.say" } }),
    );
    const refined = z.string().refine(() => Promise.resolve(true));
    expect(() => validate(refined, "a", "toServer.say")).toThrow(expect.objectContaining({ code: "CONTRACT_ASYNC" }));
  });
});

describe("isSchema", () => {
  test("knows schemas that are objects and schemas that are functions", () => {
    const callable = Object.assign(
      () => undefined,
      schemaOf((value) => ({ value })),
    );
    expect([isSchema(z.string()), isSchema(callable)]).toEqual([true, true]);
  });

  test.each([undefined, null, 5, "text", {}, { data: z.string() }, { "~standard": null }, { "~standard": {} }])(
    "does not take %j for one",
    (value) => {
      expect(isSchema(value)).toBe(false);
    },
  );
});
