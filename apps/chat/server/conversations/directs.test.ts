import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../contract/limits.ts";
import type { Person } from "../accounts/person.ts";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Directs } from "./directs.ts";
import { Memberships } from "./memberships.ts";
import { Rooms } from "./rooms.ts";
import { addPeople, addPerson, draft } from "./test-people.ts";

let database: Database;
let directs: Directs;
let ann: Person;
let ben: Person;
let eve: Person;

beforeEach(async () => {
  database = await openTestDatabase();
  directs = new Directs(database);
  ({ Ann: ann, Ben: ben, Eve: eve } = await addPeople(database, "Ann", "Ben", "Eve"));
});

afterEach(() => database.destroy());

describe("telling somebody", () => {
  test("begins a conversation that both have, whoever speaks first", async () => {
    const sent = draft("hello");
    const line = await directs.tell(ben, ann, sent);
    expect(line).toMatchObject({ ...sent, id: 1, from: "Ben", to: "Ann", state: "said" });
    const answer = await directs.tell(ann, ben, draft("yes?"));
    for (const [me, other] of [
      [ann, ben],
      [ben, ann],
    ] as const)
      expect((await directs.history(me, other, {})).lines).toEqual([line, answer]);
  });

  test("the same thing several times at once stores it once, also when it is the first", async () => {
    const sent = draft("hello");
    const [line, ...repeats] = await Promise.all([sent, sent, sent].map((each) => directs.tell(ann, ben, each)));
    expect(repeats).toEqual([line, line]);
    expect((await directs.history(ben, ann, {})).lines).toEqual([line]);
  });

  test("both at once makes one conversation", async () => {
    await Promise.all([directs.tell(ann, ben, draft("hello")), directs.tell(ben, ann, draft("hi"))]);
    expect((await directs.history(ann, ben, {})).lines).toHaveLength(2);
    expect(await database.selectFrom("conversations").where("kind", "=", "direct").selectAll().execute()).toHaveLength(
      1,
    );
  });

  test("what was told to another under the same clientId is refused", async () => {
    const sent = draft("hello");
    await directs.tell(ann, ben, sent);
    expect(await directs.tell(ann, eve, sent)).toBeUndefined();
    expect((await directs.history(eve, ann, {})).lines).toEqual([]);
  });

  test("cannot be done in the name of a room, nor speaking in a room in that of a conversation", async () => {
    await directs.tell(ann, ben, draft("hello"));
    await new Memberships(database).join(ann, "lobby");
    const name = `${ann.id}:${ben.id}`;
    expect(await new Rooms(database).say(ann, name, draft("hi"))).toBeUndefined();
    expect((await new Rooms(database).history(ann, name, {})).lines).toEqual([]);
  });
});

describe("a third", () => {
  test("sees nothing of what two people tell each other, and changes nothing", async () => {
    const line = await directs.tell(ann, ben, draft("a secret"));
    expect((await directs.history(eve, ann, {})).lines).toEqual([]);
    expect((await directs.history(eve, ann, { around: 1 })).lines).toEqual([]);
    expect((await directs.changes(eve, 0)).lines).toEqual([]);
    expect((await directs.welcome(eve)).conversations).toEqual([]);
    expect(await directs.edit(eve, { id: 1, text: "mine" })).toBeUndefined();
    expect(await directs.delete(eve, 1)).toBeUndefined();
    expect(await directs.mark(eve, ann, { readTo: 1 })).toBeUndefined();
    expect((await directs.history(ben, ann, {})).lines).toEqual([line]);
  });

  test("does not get it by telling one of the two something", async () => {
    await directs.tell(ann, ben, draft("a secret"));
    await directs.tell(eve, ann, draft("hello"));
    expect((await directs.history(eve, ann, {})).lines.map(({ text }) => text)).toEqual(["hello"]);
    expect((await directs.changes(eve, 0)).lines.map(({ text }) => text)).toEqual(["hello"]);
    const { conversations } = await directs.welcome(eve);
    expect(conversations.map((conversation) => conversation.with)).toEqual(["Ann"]);
  });
});

describe("one's own messages", () => {
  test("may be changed and deleted, and those of the other may not", async () => {
    await directs.tell(ann, ben, draft("helo"));
    expect(await directs.edit(ann, { id: 1, text: "hello" })).toMatchObject({ text: "hello", to: "Ben", revision: 2 });
    expect(await directs.edit(ben, { id: 1, text: "no" })).toBeUndefined();
    expect(await directs.delete(ben, 1)).toBeUndefined();
    expect(await directs.delete(ann, 1)).toMatchObject({ text: "", state: "deleted", revision: 3 });
    expect((await directs.changes(ben, 2)).lines).toMatchObject([{ id: 1, state: "deleted" }]);
  });
});

describe("the list of conversations", () => {
  test("has the newest first, each with its last line, marks and unread lines", async () => {
    await directs.tell(ben, ann, draft("one"));
    await directs.tell(eve, ann, draft("two"));
    const last = await directs.tell(ben, ann, draft("three"));
    const own = await directs.tell(ann, eve, draft("four"));
    await directs.mark(ann, ben, { deliveredTo: 3, readTo: 1 });
    const none = { deliveredTo: 0, readTo: 0 };
    expect(await directs.welcome(ann)).toEqual({
      revision: 4,
      conversations: [
        { with: "Eve", last: own, unread: 1, mine: none, theirs: none },
        { with: "Ben", last, unread: 1, mine: { deliveredTo: 3, readTo: 1 }, theirs: none },
      ],
    });
    expect((await directs.welcome(ben)).conversations).toEqual([
      { with: "Ann", last, unread: 0, mine: none, theirs: { deliveredTo: 3, readTo: 1 } },
    ]);
  });

  test("does not count deleted lines as unread", async () => {
    await directs.tell(ben, ann, draft("one"));
    await directs.delete(ben, 1);
    expect((await directs.welcome(ann)).conversations).toMatchObject([{ unread: 0, last: { state: "deleted" } }]);
  });

  test("has a limit", async () => {
    for (let number = 0; number <= limits.directs; number += 1)
      await directs.tell(await addPerson(database, `writer${number}`), ann, draft("hello"));
    const { conversations } = await directs.welcome(ann);
    expect(conversations).toHaveLength(limits.directs);
    expect(conversations[0]?.with).toBe(`writer${limits.directs}`);
  });
});

describe("marks", () => {
  test("move forward only, and what was read was delivered", async () => {
    for (const text of ["one", "two", "three"]) await directs.tell(ben, ann, draft(text));
    expect(await directs.mark(ann, ben, { deliveredTo: 2 })).toEqual({ deliveredTo: 2, readTo: 0 });
    expect(await directs.mark(ann, ben, { readTo: 1 })).toEqual({ deliveredTo: 2, readTo: 1 });
    expect(await directs.mark(ann, ben, { readTo: 3, deliveredTo: 1 })).toEqual({ deliveredTo: 3, readTo: 3 });
    expect(await directs.mark(ann, ben, { deliveredTo: 1, readTo: 2 })).toBeUndefined();
    expect(await directs.mark(ann, ben, {})).toBeUndefined();
  });

  test("stop at the newest line of the conversation", async () => {
    await directs.tell(ben, ann, draft("one"));
    await directs.tell(ben, eve, draft("two"));
    expect(await directs.mark(ann, ben, { readTo: 1_000 })).toEqual({ deliveredTo: 1, readTo: 1 });
  });

  test("need a conversation", async () => {
    expect(await directs.mark(ann, ben, { readTo: 1 })).toBeUndefined();
  });
});
