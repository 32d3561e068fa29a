import { expect, test } from "vitest";
import { comparePositions, markOfLife, placeIn, positionOf } from "./position.ts";

const at = (place: string) => positionOf(place);

test.each([
  ["the first event of all", undefined, "1 e a", "next"],
  ["an event of a group whose beginning was missed", undefined, "5 e a", "gap"],
  ["the next", "4 e a", "5 e b", "next"],
  ["the same", "5 e a", "5 e a", "same"],
  ["one before", "5 e a", "4 e b", "past"],
  ["one after a hole", "5 e a", "8 e b", "gap"],
  ["another event under the same number: a stale copy took over", "5 e a", "5 e b", "break"],
  ["the first of another epoch", "5 e a", "1 f b", "fresh"],
  ["a later one of another epoch", "5 e a", "2 f b", "break"],
] as const)("%s is told as such", (_, last, next, relation) => {
  expect(comparePositions(last && at(last), at(next))).toBe(relation);
});

test.each(["", "1:", "1:5 e", "2:5 e a", "in-process 5"])(
  "a position that is not its own, %j, is a break",
  (position) => {
    expect(comparePositions(at("4 e a"), position)).toBe("break");
    expect(comparePositions(position, at("5 e a"))).toBe("break");
  },
);

test("a position is compared whatever life it was told in, and leads to a place in its own life only", () => {
  const [mark, other] = [markOfLife("abcdef"), markOfLife("fedcba")];
  const told = at("5 e a") + mark;
  expect(comparePositions(at("4 e x"), told)).toBe("next");
  expect(comparePositions(told, at("5 e a") + other)).toBe("same");
  expect(placeIn(mark, told)).toBe("5 e a");
  expect(placeIn(other, told)).toBeUndefined();
  expect(placeIn(mark, at("5 e a"))).toBeUndefined();
  expect(placeIn(mark, "5 e a~abcde")).toBeUndefined();
});
