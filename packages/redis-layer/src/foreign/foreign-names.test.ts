import { describe, expect, test } from "vitest";
import { ForeignNames } from "./foreign-names.ts";

describe("ForeignNames", () => {
  test("tells the node of any member's channel, and plain channels from both", () => {
    const names = new ForeignNames("asgi");
    const own = names.next();
    expect(own).toMatch(new RegExp(`^asgispecific\\.${names.node}0{15}1$`));
    for (const name of [own, names.next("worker."), `${own}x`, `${own}0`]) expect(names.nodeOf(name)).toBe(names.node);
    const django = "fbdd0d3db9894c949012e577221a3b78";
    for (const name of [`asgispecific.${django}`, `othermade.${django}`, `asgimade${django}`]) {
      expect(names.nodeOf(name)).toBe(django.slice(0, 16));
    }
    for (const name of ["specific.k3v9!1a", "specific.abc!def"]) expect(names.nodeOf(name)).toBe("");
    for (const name of ["jobs", "a".repeat(99), "room.fbdd0d3db9894c94", "asgi", `made${django}`]) {
      expect(names.nodeOf(name)).toBeUndefined();
    }
  });

  test("has one pattern, and one more for each prefix of one's own", () => {
    const names = new ForeignNames("asgi");
    const told: string[] = [];
    names.onPattern = (pattern) => told.push(pattern);
    names.next();
    expect([names.patterns, told]).toEqual([[`asgispecific.${names.node}*`], []]);
    const made = [names.next("worker."), names.next("worker."), names.next("mail.fast.")];
    expect(new Set(made).size).toBe(3);
    expect(told).toEqual([`worker.${names.node}*`, `mail.fast.${names.node}*`]);
    expect(names.patterns).toEqual([`asgispecific.${names.node}*`, ...told]);
  });

  test("refuses prefixes that can begin no name, and too many of them", () => {
    const names = new ForeignNames("asgi");
    for (const prefix of ["", "worker", "a b.", "a:b.", `${"a".repeat(70)}.`]) {
      expect(() => names.next(prefix)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    }
    for (let i = 0; i < 16; i += 1) names.next(`worker${i}.`);
    expect(() => names.next("worker16.")).toThrow(expect.objectContaining({ code: "LAYER_BUSY" }));
    expect(names.next("worker0.")).toMatch(/0002$/);
    expect(names.patterns).toHaveLength(17);
  });
});
