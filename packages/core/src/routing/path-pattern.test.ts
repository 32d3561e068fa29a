import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinPatterns, PathPattern } from "./path-pattern.ts";

/** What a pattern finds: its parameters and what is left, or `undefined`. */
function match(pattern: string, path: string): unknown {
  const found = new PathPattern(pattern).match(path);
  return found === undefined ? undefined : [{ ...found.params }, found.rest];
}

describe("PathPattern", () => {
  test.each([
    ["/rooms", "/rooms", [{}, ""]],
    ["rooms", "/rooms", [{}, ""]],
    ["/rooms/:room", "/rooms/red", [{ room: "red" }, ""]],
    ["/rooms/:room", "/rooms/rød & blå", [{ room: "rød & blå" }, ""]],
    ["/orgs/:org/rooms/:room", "/orgs/a/rooms/b", [{ org: "a", room: "b" }, ""]],
    ["/files/:path*", "/files/a/b/c.txt", [{ path: "a/b/c.txt" }, ""]],
    ["/files/:path*", "/files/a/", [{ path: "a/" }, ""]],
    ["/", "/", [{}, ""]],
    ["", "", [{}, ""]],
  ])("%j takes all of %j", (pattern, path, found) => {
    expect(match(pattern, path)).toEqual(found);
  });

  test.each([
    ["/orgs/:org", "/orgs/a/rooms/b", [{ org: "a" }, "/rooms/b"]],
    ["/orgs/:org/", "/orgs/a/rooms/b/", [{ org: "a" }, "rooms/b/"]],
    ["", "/orgs/a", [{}, "/orgs/a"]],
    ["/", "/orgs/a", [{}, "orgs/a"]],
    ["/rooms", "/rooms/", [{}, "/"]],
  ])("%j takes the beginning of %j and leaves the rest", (pattern, path, found) => {
    expect(match(pattern, path)).toEqual(found);
  });

  test.each([
    ["/rooms", "/room"],
    ["/rooms", "/roomss"],
    ["/rooms", "/Rooms"],
    ["/rooms", "//rooms"],
    ["/rooms", "/"],
    ["/rooms", ""],
    ["/rooms/", "/rooms"],
    ["/rooms/", "/rooms//"],
    ["/rooms/:room", "/rooms"],
    ["/rooms/:room", "/rooms/"],
    ["/rooms/:room", "/rooms//"],
    ["/files/:path*", "/files"],
    ["/files/:path*", "/files/"],
    ["/", ""],
    ["/", "//"],
  ])("%j takes nothing of %j", (pattern, path) => {
    expect(match(pattern, path)).toBeUndefined();
  });

  test("takes any segments that are not empty, and gives them back as they were", () => {
    const segment = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("/"));
    fc.assert(
      fc.property(segment, segment, (org, room) => {
        expect(match("/orgs/:org/:room", `/orgs/${org}/${room}`)).toEqual([{ org, room }, ""]);
        expect(match("/orgs/:org", `/orgs/${org}/${room}`)).toEqual([{ org }, `/${room}`]);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["/rooms//x", "two slashes in a row"],
    ["/rooms/:", '":" is no parameter'],
    ["/rooms/:1st", '":1st" is no parameter'],
    ["/rooms/room:id", '"room:id" is no parameter'],
    ["/rooms/:id.json", '":id.json" is no parameter'],
    ["/rooms/:__proto__", "is no parameter"],
    ["/rooms/*", '"*" is no parameter'],
    ["/files/:path*/x", "takes all that is left"],
    ["/files/:path*/", "takes all that is left"],
    ["/:a/:a", "names :a twice"],
    ["/rooms%20", "without percent-encoding"],
    ["/rooms?x=1", 'the character "?"'],
    ["/rooms x", 'the character " "'],
    [`/${"a".repeat(1000)}`, "at most 1000"],
  ])("refuses the pattern %j", (pattern, rule) => {
    expect(() => new PathPattern(pattern)).toThrow(expect.objectContaining({ code: "ROUTE_INVALID" }));
    expect(() => new PathPattern(pattern)).toThrow(rule);
  });

  test("has one shape for patterns that differ in names alone", () => {
    const shapes = ["/a/:x", "a/:y", "/a/:x*", "/a/:x/"].map((text) => new PathPattern(text).shape);
    expect(shapes[0]).toBe(shapes[1]);
    expect(new Set(shapes).size).toBe(3);
  });
});

describe("joinPatterns", () => {
  test.each([
    ["/orgs/:org", "rooms/:room", "/orgs/:org/rooms/:room"],
    ["/orgs/:org", "/rooms/:room", "/orgs/:org/rooms/:room"],
    ["/orgs/:org/", "rooms/:room", "/orgs/:org/rooms/:room"],
    ["/orgs", "", "/orgs"],
    ["/orgs", "/", "/orgs/"],
    ["", "/rooms", "/rooms"],
  ])("writes %j before %j as %j", (outer, inner, joined) => {
    expect(joinPatterns(outer, inner)).toBe(joined);
  });
});
