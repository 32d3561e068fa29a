import { describe, expect, test } from "vitest";

import { ChannelNames, newNodeId, nodeOf, nonLocalName, requireChannelName, requireGroupName } from "./names.ts";

// Good and bad names are cases of layerConformance; here is what only the module itself shows.
describe("names", () => {
  test("carry their node", () => {
    const node = newNodeId();
    const names = new ChannelNames(node);
    const name = names.next();
    expect(name).toBe(`specific.${node}!1`);
    expect([nodeOf(name), nonLocalName(name)]).toEqual([node, `specific.${node}!`]);
    expect([nodeOf("plain.name"), nonLocalName("plain.name")]).toEqual([undefined, "plain.name"]);
    expect(nodeOf(names.next("worker.mail."))).toBe(node);
  });

  test("differ between nodes", () => {
    expect(new Set(Array.from({ length: 1000 }, newNodeId)).size).toBe(1000);
    expect(newNodeId()).toMatch(/^[a-z0-9]{12}$/);
  });

  test("are refused with a prefix that makes them too long or does not end in a dot", () => {
    const names = new ChannelNames(newNodeId());
    for (const prefix of [`${"a".repeat(90)}.`, "worker", "", "a!b."]) {
      expect(() => names.next(prefix)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    }
  });

  test("show no more of a bad name than the limit", () => {
    const long = "x".repeat(100_000);
    for (const check of [requireGroupName, requireChannelName]) {
      expect(() => check(long)).toThrow(
        expect.objectContaining({ details: expect.objectContaining({ name: "x".repeat(100) }) }),
      );
    }
  });
});
