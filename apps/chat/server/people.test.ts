import { describe, expect, test } from "vitest";
import { limits } from "../contract/limits.ts";
import { People, type Person } from "./people.ts";

function setUp() {
  const here = new Set<string>();
  const forgotten: string[] = [];
  const clock = { now: 0 };
  const people = new People({
    adminName: "admin",
    isHere: (person) => here.has(person.id),
    onForgotten: (person) => forgotten.push(person.name),
    now: () => clock.now,
  });
  const claim = (name: string, current?: Person): Person => {
    const person = people.claim(name, current);
    if (typeof person === "string") throw new Error(`"${name}" is ${person}`);
    return person;
  };
  return { people, claim, here, forgotten, clock };
}

const tenMinutes = 10 * 60_000;

describe("People", () => {
  test("gives a name to the first who asks, and not to another however it is written", () => {
    const { people, claim } = setUp();
    const ann = claim("Ann");
    expect(people.claim("ANN")).toBe("taken");
    expect(people.byName("aNN")).toBe(ann);
    expect(people.byId(ann.id)).toBe(ann);
  });

  test("lets somebody keep the name they have", () => {
    const { claim } = setUp();
    const ann = claim("Ann");
    expect(claim("ann", ann)).toBe(ann);
  });

  test("makes the one with the configured name an admin, and nobody else", () => {
    const { claim } = setUp();
    expect(claim("Admin").isAdmin).toBe(true);
    expect(claim("Ann").isAdmin).toBe(false);
  });

  test("keeps a name for ten minutes after its person left, and as long as they are here", () => {
    const { people, claim, here, forgotten, clock } = setUp();
    const ann = claim("Ann");
    here.add(ann.id);
    clock.now = 5 * tenMinutes;
    expect(people.claim("Ann")).toBe("taken");
    here.delete(ann.id);
    people.left(ann);
    clock.now += tenMinutes - 1;
    expect(people.claim("Ann")).toBe("taken");
    clock.now += 1;
    const other = claim("Ann");
    expect(other.id).not.toBe(ann.id);
    expect(people.byId(ann.id)).toBeUndefined();
    expect(forgotten).toEqual(["Ann"]);
  });

  test("frees a name at sign-out, though not before the last tab is closed", () => {
    const { people, claim, here } = setUp();
    const ann = claim("Ann");
    here.add(ann.id);
    people.release(ann);
    expect(people.claim("Ann")).toBe("taken");
    here.delete(ann.id);
    people.left(ann);
    expect(claim("Ann").id).not.toBe(ann.id);
  });

  test("forgets who was away for longest when there are too many, and refuses when all are here", () => {
    const { people, claim, here, forgotten } = setUp();
    const all = Array.from({ length: limits.people }, (_, number) => claim(`p${number}`));
    people.byId(all[0]?.id ?? "");
    claim("one more");
    expect(forgotten).toEqual(["p1"]);
    for (const person of all) here.add(person.id);
    here.add(people.byName("one more")?.id ?? "");
    expect(people.claim("too many")).toBe("full");
  });
});
