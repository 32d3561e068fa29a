import { describe, expect, test } from "vitest";
import { limits } from "../contract/limits.ts";
import { Tails } from "./tails.ts";

describe("Tails", () => {
  test("keeps the last lines of a conversation, oldest first, and no more than the limit", () => {
    const tails = new Tails<number>();
    for (let number = 0; number < limits.tailLines + 5; number++) tails.add("red", number);
    expect(tails.of("red")).toHaveLength(limits.tailLines);
    expect(tails.of("red")[0]).toBe(5);
    expect(tails.of("red").at(-1)).toBe(limits.tailLines + 4);
  });

  test("forgets the conversation that was quiet for longest when all together are too many", () => {
    const tails = new Tails<string>(3);
    tails.add("red", "a");
    tails.add("blue", "b");
    tails.add("red", "c");
    tails.add("green", "d");
    expect(tails.of("blue")).toEqual([]);
    expect(tails.of("red")).toEqual(["a", "c"]);
    expect(tails.of("green")).toEqual(["d"]);
  });

  test("gives a copy: what is said later does not change it", () => {
    const tails = new Tails<string>();
    tails.add("red", "a");
    const before = tails.of("red");
    tails.add("red", "b");
    expect(before).toEqual(["a"]);
  });

  test("forgets on demand, and counts again from there", () => {
    const tails = new Tails<string>(2);
    tails.add("red", "a");
    tails.forget("red");
    tails.forget("red");
    tails.add("blue", "b");
    tails.add("blue", "c");
    expect(tails.of("blue")).toEqual(["b", "c"]);
  });
});
