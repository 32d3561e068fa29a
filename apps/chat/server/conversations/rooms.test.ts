import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../contract/limits.ts";
import type { Person } from "../accounts/person.ts";
import { type Database, openDatabase } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Memberships } from "./memberships.ts";
import { overlap } from "./messages.ts";
import { Rooms } from "./rooms.ts";
import { addPeople, draft } from "./test-people.ts";

let database: Database;
let rooms: Rooms;
let people: Record<"Ann" | "Ben" | "Eve", Person>;

beforeEach(async () => {
  database = await openTestDatabase();
  rooms = new Rooms(database);
  people = await addPeople(database, "Ann", "Ben", "Eve");
  const memberships = new Memberships(database);
  for (const person of [people.Ann, people.Ben]) {
    await memberships.join(person, "lobby");
    await memberships.join(person, "ideas");
  }
});

afterEach(() => database.destroy());

async function sayMany(count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let number = 1; number <= count; number += 1) {
    const line = await rooms.say(people.Ann, "lobby", draft(`${number}`));
    ids.push(line?.id ?? 0);
  }
  return ids;
}

describe("a message", () => {
  test("is stored as it was said", async () => {
    const sent = draft("hello");
    const before = Date.now();
    const line = await rooms.say(people.Ann, "lobby", sent);
    expect(line).toEqual({ ...sent, id: 1, revision: 1, from: "Ann", state: "said", at: expect.any(Number) });
    expect(line?.at).toBeGreaterThanOrEqual(before);
    expect(await rooms.history(people.Ben, "lobby", {})).toEqual({ lines: [line], hasOlder: false, hasNewer: false });
  });

  test("that is sent three times is stored once, and each time answered with the same line", async () => {
    const sent = draft("hello");
    const [first, ...repeats] = await Promise.all([sent, sent].map((each) => rooms.say(people.Ann, "lobby", each)));
    repeats.push(await rooms.say(people.Ann, "lobby", { ...sent, text: "other" }));
    expect(first?.text).toBe("hello");
    expect(repeats).toEqual([first, first]);
    expect((await rooms.history(people.Ann, "lobby", {})).lines).toEqual([first]);
  });

  test("of another writer may have the same clientId", async () => {
    const sent = draft("hello");
    await rooms.say(people.Ann, "lobby", sent);
    expect(await rooms.say(people.Ben, "lobby", sent)).toMatchObject({ id: 2, from: "Ben" });
  });

  test("with a clientId of another conversation is refused, and nothing of that one is told", async () => {
    const sent = draft("hello");
    await rooms.say(people.Ann, "lobby", sent);
    expect(await rooms.say(people.Ann, "ideas", sent)).toBeUndefined();
    expect((await rooms.history(people.Ann, "ideas", {})).lines).toEqual([]);
  });

  test("may hold anything", async () => {
    const text = `<script>'";-- 🌊 ${"x".repeat(3_000)}`;
    expect((await rooms.say(people.Ann, "lobby", draft(text)))?.text).toBe(text);
    expect((await rooms.history(people.Ben, "lobby", {})).lines[0]?.text).toBe(text);
  });
});

describe("an edit", () => {
  test("changes the text, and is a change of its own", async () => {
    const line = await rooms.say(people.Ann, "lobby", draft("helo"));
    await rooms.say(people.Ben, "lobby", draft("what?"));
    const edited = await rooms.edit(people.Ann, "lobby", { id: 1, text: "hello" });
    expect(edited).toEqual({ ...line, text: "hello", state: "edited", revision: 3 });
    expect((await rooms.history(people.Ben, "lobby", {})).lines.map(({ text }) => text)).toEqual(["hello", "what?"]);
  });

  test("of a line of others, of another room, of a deleted one or of none changes nothing", async () => {
    await rooms.say(people.Ann, "lobby", draft("mine"));
    const text = "changed";
    expect(await rooms.edit(people.Ben, "lobby", { id: 1, text })).toBeUndefined();
    expect(await rooms.edit(people.Ann, "ideas", { id: 1, text })).toBeUndefined();
    expect(await rooms.edit(people.Ann, "lobby", { id: 99, text })).toBeUndefined();
    await rooms.delete(people.Ann, "lobby", 1);
    expect(await rooms.edit(people.Ann, "lobby", { id: 1, text })).toBeUndefined();
    expect((await rooms.history(people.Ann, "lobby", {})).lines).toMatchObject([{ text: "", state: "deleted" }]);
  });
});

describe("a deletion", () => {
  test("takes the text out of the database, and leaves a sign that something was there", async () => {
    const line = await rooms.say(people.Ann, "lobby", draft("a secret"));
    const deleted = await rooms.delete(people.Ann, "lobby", 1);
    expect(deleted).toEqual({ ...line, text: "", state: "deleted", revision: 2 });
    const stored = await database.selectFrom("messages").selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain("secret");
  });

  test("that is asked for again is answered as before, and is no further change", async () => {
    await rooms.say(people.Ann, "lobby", draft("a secret"));
    const deleted = await rooms.delete(people.Ann, "lobby", 1);
    expect(await rooms.delete(people.Ann, "lobby", 1)).toEqual(deleted);
  });

  test("of a line of others, of another room or of none changes nothing", async () => {
    await rooms.say(people.Ann, "lobby", draft("mine"));
    expect(await rooms.delete(people.Ben, "lobby", 1)).toBeUndefined();
    expect(await rooms.delete(people.Ann, "ideas", 1)).toBeUndefined();
    expect(await rooms.delete(people.Ann, "lobby", 99)).toBeUndefined();
    expect((await rooms.history(people.Ann, "lobby", {})).lines).toMatchObject([{ text: "mine", state: "said" }]);
  });
});

describe("history", () => {
  const { pageLines } = limits;

  test("begins with the newest lines and goes back to the first", async () => {
    const ids = await sayMany(pageLines * 2 + 10);
    const newest = await rooms.history(people.Ben, "lobby", {});
    expect(newest).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(newest.lines.map(({ id }) => id)).toEqual(ids.slice(-pageLines));

    const older = await rooms.history(people.Ben, "lobby", { before: newest.lines[0]?.id });
    expect(older).toMatchObject({ hasOlder: true, hasNewer: true });
    expect(older.lines.map(({ id }) => id)).toEqual(ids.slice(10, 10 + pageLines));

    const oldest = await rooms.history(people.Ben, "lobby", { before: older.lines[0]?.id });
    expect(oldest).toMatchObject({ hasOlder: false, hasNewer: true });
    expect(oldest.lines.map(({ id }) => id)).toEqual(ids.slice(0, 10));
  });

  test("goes on after a line", async () => {
    const ids = await sayMany(pageLines + 5);
    const first = await rooms.history(people.Ben, "lobby", { after: 0 });
    expect(first).toMatchObject({ hasOlder: false, hasNewer: true });
    expect(first.lines.map(({ id }) => id)).toEqual(ids.slice(0, pageLines));
    const rest = await rooms.history(people.Ben, "lobby", { after: ids[pageLines - 1] });
    expect(rest).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(rest.lines.map(({ id }) => id)).toEqual(ids.slice(pageLines));
  });

  test("shows both sides of a line, also of one that is not here", async () => {
    const ids = await sayMany(pageLines * 2);
    const around = await rooms.history(people.Ben, "lobby", { around: ids[pageLines] });
    expect(around).toMatchObject({ hasOlder: true, hasNewer: true });
    expect(around.lines.map(({ id }) => id)).toEqual(ids.slice(pageLines / 2, pageLines * 1.5));
    const beyond = await rooms.history(people.Ben, "lobby", { around: 1_000_000 });
    expect(beyond).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(beyond.lines.map(({ id }) => id)).toEqual(ids.slice(-pageLines / 2));
  });

  test("of a room with other rooms between is of that room alone", async () => {
    await rooms.say(people.Ann, "lobby", draft("one"));
    await rooms.say(people.Ann, "ideas", draft("two"));
    await rooms.say(people.Ann, "lobby", draft("three"));
    const { lines } = await rooms.history(people.Ben, "lobby", { before: 3 });
    expect(lines.map(({ text }) => text)).toEqual(["one"]);
  });
});

describe("changes", () => {
  test("hold what was said, edited and deleted since, in that order", async () => {
    await sayMany(100);
    const { revision } = await rooms.welcome(people.Ben, "lobby");
    const said = await rooms.say(people.Ann, "lobby", draft("new"));
    const edited = await rooms.edit(people.Ann, "lobby", { id: 1, text: "edited" });
    const deleted = await rooms.delete(people.Ann, "lobby", 2);
    const { lines, isComplete } = await rooms.changes(people.Ben, "lobby", revision);
    expect(lines.slice(-3)).toEqual([said, edited, deleted]);
    expect(isComplete).toBe(true);
  });

  test("tell a little of what was before again, for writers who were heard in another order than stored", async () => {
    const ids = await sayMany(3);
    const { lines } = await rooms.changes(people.Ben, "lobby", 3);
    expect(lines.map(({ id }) => id)).toEqual(ids);
  });

  test("say so when they are too many", async () => {
    await sayMany(limits.changes + 1);
    const { lines, isComplete } = await rooms.changes(people.Ben, "lobby", 0);
    expect(lines).toHaveLength(limits.changes);
    expect(isComplete).toBe(false);
    expect((await rooms.changes(people.Ben, "lobby", overlap + 1)).isComplete).toBe(true);
  });
});

describe("changes that hold much text", () => {
  test("are cut where a page of the longest lines would end", async () => {
    const sentences = "x".repeat(limits.text);
    for (let number = 0; number <= limits.pageLines; number += 1)
      await rooms.say(people.Ann, "lobby", draft(sentences));
    const { lines, isComplete } = await rooms.changes(people.Ben, "lobby", 0);
    expect(lines).toHaveLength(limits.pageLines);
    expect(isComplete).toBe(false);
    expect(await rooms.changes(people.Ben, "lobby", overlap + 1)).toMatchObject({ isComplete: true });
  });
});

describe("reading", () => {
  test("moves forward only, and not beyond the newest line of the room", async () => {
    await sayMany(3);
    await rooms.say(people.Ann, "ideas", draft("elsewhere"));
    expect(await rooms.read(people.Ben, "lobby", 2)).toBe(2);
    expect(await rooms.read(people.Ben, "lobby", 1)).toBeUndefined();
    expect(await rooms.read(people.Ben, "lobby", 2)).toBeUndefined();
    expect(await rooms.read(people.Ben, "lobby", 1_000)).toBe(3);
    expect((await rooms.welcome(people.Ben, "lobby")).readTo).toBe(3);
  });

  test("counts as unread what others said and did not delete", async () => {
    await sayMany(4);
    await rooms.say(people.Ben, "lobby", draft("mine"));
    await rooms.delete(people.Ann, "lobby", 4);
    await rooms.read(people.Ben, "lobby", 1);
    expect(await rooms.welcome(people.Ben, "lobby")).toMatchObject({ readTo: 1, unread: 2 });
  });

  test("counts up to a limit", async () => {
    await sayMany(limits.unread + 20);
    expect((await rooms.welcome(people.Ben, "lobby")).unread).toBe(limits.unread);
  });
});

test("two processes on one file give every change a revision of its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat-"));
  const file = join(folder, "chat.sqlite");
  const processes = [await openDatabase(file), await openDatabase(file)];
  try {
    const { Ann } = await addPeople(processes[0]!, "Ann");
    await new Memberships(processes[0]!).join(Ann, "lobby");
    const sent = Array.from({ length: 20 }, (_, number) => draft(`${number}`));
    const stored = await Promise.all(
      processes.flatMap((each) => sent.map((message) => new Rooms(each).say(Ann, "lobby", message))),
    );
    expect(new Set(stored.map((line) => line?.id)).size).toBe(sent.length);
    expect(new Set(stored.map((line) => line?.revision)).size).toBe(sent.length);
  } finally {
    for (const each of processes) await each.destroy();
    await rm(folder, { recursive: true });
  }
});

test("who is no member reads, writes and changes nothing, whatever they ask for", async () => {
  const line = await rooms.say(people.Ann, "lobby", draft("for members"));
  const { Eve } = people;
  const nothing = { lines: [], hasOlder: false, hasNewer: false };
  expect(await rooms.history(Eve, "lobby", {})).toEqual(nothing);
  expect(await rooms.history(Eve, "lobby", { around: 1 })).toEqual(nothing);
  expect(await rooms.changes(Eve, "lobby", 0)).toEqual({ lines: [], isComplete: true });
  expect(await rooms.welcome(Eve, "lobby")).toMatchObject({ page: nothing, readTo: 0, unread: 0 });
  expect(await rooms.say(Eve, "lobby", draft("hi"))).toBeUndefined();
  expect(await rooms.edit(Eve, "lobby", { id: 1, text: "hi" })).toBeUndefined();
  expect(await rooms.delete(Eve, "lobby", 1)).toBeUndefined();
  expect(await rooms.read(Eve, "lobby", 1)).toBeUndefined();
  expect((await rooms.history(people.Ben, "lobby", {})).lines).toEqual([line]);
});
