import { expect, test } from "vitest";
import { withQuery } from "./query.ts";

test.each([
  ["ws://a/b", { since: "1:2 e x" }, "ws://a/b?since=1%3A2+e+x"],
  ["ws://a/b?name=Ann", { since: "5" }, "ws://a/b?name=Ann&since=5"],
  ["ws://a/b?since=1&x=2", { since: "5" }, "ws://a/b?since=5&x=2"],
  ["ws://a/b?x=%20", { since: undefined }, "ws://a/b?x=%20"],
] as const)("%s with %j", (url, query, expected) => {
  expect(withQuery(url, query)).toBe(expected);
});
