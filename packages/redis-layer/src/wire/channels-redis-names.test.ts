import { describe, expect, test } from "vitest";

import { groupChannel, groupOfChannel, hostIndex, newNodeHex, SpecificNames } from "./channels-redis-names.ts";

describe("the names of channels_redis", () => {
  test("give a group the Redis channel of the original, and back", () => {
    expect(groupChannel("asgi", "room1")).toBe("asgi__group__room1");
    expect(groupOfChannel("asgi", "asgi__group__room1")).toBe("room1");
    expect(groupOfChannel("asgi", "asgi2__group__room1")).toBeUndefined();
    expect(groupOfChannel("asgi", "asgispecific.fbdd0d3db9894c949012e577221a3b78")).toBeUndefined();
  });

  test("give a channel a name in the form of the original, and never twice", () => {
    const names = new SpecificNames("asgispecific.", "0123456789abcdef");
    const given = Array.from({ length: 1000 }, () => names.next());
    expect(given[0]).toBe("asgispecific.0123456789abcdef0000000000000001");
    expect(given[999]).toBe("asgispecific.0123456789abcdef00000000000003e8");
    expect(new Set(given).size).toBe(1000);
    for (const name of given) expect(name).toMatch(/^asgispecific\.[0-9a-f]{32}$/);
  });

  test("tell a node's own channels from all others", () => {
    const names = new SpecificNames("asgispecific.", "0123456789abcdef");
    expect(names.owns(names.next())).toBe(true);
    expect(names.owns(new SpecificNames("asgispecific.", "0123456789abcdee").next())).toBe(false);
    expect(names.owns(new SpecificNames("otherspecific.", "0123456789abcdef").next())).toBe(false);
    expect(names.owns("asgispecific.0123456789abcdef")).toBe(false);
    expect(names.owns("general-name")).toBe(false);
  });

  test("make a pattern in which a prefix means itself", () => {
    expect(new SpecificNames("asgispecific.", "0123456789abcdef").pattern).toBe("asgispecific.0123456789abcdef*");
    expect(new SpecificNames("a*[b]?\\specific.", "0123456789abcdef").pattern).toBe(
      "a\\*\\[b\\]\\?\\\\specific.0123456789abcdef*",
    );
  });

  test("take 16 hexadecimal digits for a node, and nothing else", () => {
    const nodes = Array.from({ length: 100 }, newNodeHex);
    expect(new Set(nodes).size).toBe(100);
    for (const node of nodes)
      expect(new SpecificNames("asgispecific.", node).owns(`asgispecific.${node}${node}`)).toBe(true);
    expect(() => new SpecificNames("asgispecific.", "k3v9k3v9k3v9k3v9")).toThrow("16 hexadecimal digits");
  });
});

describe("hostIndex", () => {
  // Measured with the original, and its own test (U1).
  test.each([
    ["key_one", [0, 1, 2, 6]],
    ["key_two", [0, 0, 1, 4]],
    ["room1", [0, 1, 1, 6]],
    ["asgi__group__room1", [0, 0, 1, 3]],
    ["a", [0, 1, 2, 8]],
  ])("chooses for %s what the original chooses", (name, indexes) => {
    expect([1, 2, 3, 10].map((hosts) => hostIndex(name, hosts))).toEqual(indexes);
  });

  test("never leaves the list, and uses all of it", () => {
    for (const hosts of [2, 3, 7, 10]) {
      const used = new Set(Array.from({ length: 5000 }, (_, i) => hostIndex(`asgi__group__é${i}`, hosts)));
      expect([...used].toSorted((a, b) => a - b)).toEqual(Array.from({ length: hosts }, (_, i) => i));
    }
  });
});
