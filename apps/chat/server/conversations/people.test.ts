import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { limits } from "../../contract/limits.ts";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Announcements } from "./announcements.ts";
import { People } from "./people.ts";
import { addPeople, addPerson } from "./test-people.ts";

let database: Database;

beforeEach(async () => {
  database = await openTestDatabase();
});

afterEach(async () => {
  vi.useRealTimers();
  await database.destroy();
});

describe("finding people", () => {
  test("goes by how their names begin, however they are spelled, and leaves oneself out", async () => {
    const { Ann } = await addPeople(database, "Ann", "Anna", "ANTON", "Ben", "Ännchen");
    const people = new People(database);
    expect(await people.find(Ann, "ＡＮ")).toEqual(["Anna", "ANTON"]);
    expect(await people.find(Ann, "Ä")).toEqual(["Ännchen"]);
    expect(await people.find(Ann, "Anne")).toEqual([]);
  });

  test.each(["%", "_", "A%", "*", "[A-Z]", "'", "\\", "\u0000"])("takes %j for what it is", async (beginning) => {
    const { Ben } = await addPeople(database, "Ann", "Ben");
    expect(await new People(database).find(Ben, beginning)).toEqual([]);
  });

  test("finds who has such a character in the name", async () => {
    const { Ben } = await addPeople(database, "100% me", "100 more", "Ben");
    expect(await new People(database).find(Ben, "100%")).toEqual(["100% me"]);
  });

  test("has a limit", async () => {
    const ann = await addPerson(database, "Ann");
    for (let number = 0; number < limits.found + 5; number += 1) await addPerson(database, `someone${number}`);
    expect(await new People(database).find(ann, "")).toHaveLength(limits.found);
  });

  test("by the whole name gives one person, and never oneself", async () => {
    const { Ann, Ben } = await addPeople(database, "Ann", "Ben");
    const people = new People(database);
    expect(await people.another(Ann, "BEN")).toEqual({ id: Ben.id, name: "Ben" });
    expect(await people.another(Ann, "ann")).toBeUndefined();
    expect(await people.another(Ann, "nobody")).toBeUndefined();
  });
});

test("a session lasts until it is ended, or too old", async () => {
  const { Ann, Ben } = await addPeople(database, "Ann", "Ben");
  const people = new People(database);
  expect(await people.isSignedIn(Ann)).toBe(true);
  expect(await people.isSignedIn({ ...Ann, session: Ben.session })).toBe(false);
  vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
  expect(await people.isSignedIn(Ann)).toBe(false);
});

describe("announcements", () => {
  test("are the admin's, whatever somebody's session claims", async () => {
    const { Ann, Admin } = await addPeople(database, "Ann", "Admin");
    const announcements = new Announcements(database);
    expect(await announcements.make({ ...Ann, isAdmin: true } as typeof Ann, "party!")).toBeUndefined();
    const made = await announcements.make(Admin, "tea at four");
    expect(made).toEqual({ id: 1, from: "Admin", text: "tea at four", at: expect.any(Number) });
    expect(await announcements.recent()).toEqual([made]);
  });

  test("are shown as long as they are new, and not more than a few of them", async () => {
    const admin = await addPerson(database, "Admin");
    const announcements = new Announcements(database);
    for (const text of ["one", "two", "three", "four"]) await announcements.make(admin, text);
    expect((await announcements.recent()).map(({ text }) => text)).toEqual(["two", "three", "four"]);
    vi.useFakeTimers({ now: Date.now() + limits.announcementMs + 1, toFake: ["Date"] });
    expect(await announcements.recent()).toEqual([]);
  });
});
