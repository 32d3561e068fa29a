import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../contract/limits.ts";
import type { Person } from "../accounts/person.ts";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { roomPlace } from "../presence/places.ts";
import { Memberships } from "./memberships.ts";
import { Rooms } from "./rooms.ts";
import { addPeople, addPerson, draft } from "./test-people.ts";

let database: Database;
let memberships: Memberships;
let people: Record<"Ann" | "Ben" | "Eve", Person>;

beforeEach(async () => {
  database = await openTestDatabase();
  memberships = new Memberships(database);
  people = await addPeople(database, "Ann", "Ben", "Eve");
});

afterEach(() => database.destroy());

const open = { name: "tea", topic: "green or black", isPrivate: false };
const secret = { name: "plot", topic: "a surprise", isPrivate: true };

async function known(person: Person): Promise<Record<string, string>> {
  const rooms = await memberships.list(person);
  return Object.fromEntries(rooms.map(({ room, membership }) => [room.name, membership]));
}

describe("the list of rooms", () => {
  test("begins with those that are always there, and how many people are in them now", async () => {
    const here = ["Ben", "Eve"].map((person) => ({ place: roomPlace("lobby"), person, connections: 2 }));
    await database.insertInto("presencePeople").values(here).execute();
    expect(await memberships.list(people.Ann)).toEqual([
      { room: { name: "lobby", topic: "", isPrivate: false, people: 2 }, membership: "none" },
      { room: { name: "ideas", topic: "", isPrivate: false, people: 0 }, membership: "none" },
      { room: { name: "random", topic: "", isPrivate: false, people: 0 }, membership: "none" },
    ]);
  });

  test("shows a private room to its members and the invited alone", async () => {
    await memberships.create(people.Ann, secret);
    await memberships.invite(people.Ann, "plot", people.Ben);
    expect(await known(people.Ann)).toHaveProperty("plot", "member");
    expect(await known(people.Ben)).toHaveProperty("plot", "invited");
    expect(await known(people.Eve)).not.toHaveProperty("plot");
    expect(await memberships.find(people.Eve, "plot")).toBeUndefined();
    expect(await memberships.findPublic("plot")).toBeUndefined();
  });
});

describe("making a room", () => {
  test("makes its maker a member, and shows a public one to everybody", async () => {
    expect(await memberships.create(people.Ann, open)).toEqual({ ...open, people: 0 });
    expect(await memberships.isMember(people.Ann, "tea")).toBe(true);
    expect(await known(people.Eve)).toHaveProperty("tea", "none");
    expect(await memberships.findPublic("tea")).toEqual({ ...open, people: 0 });
  });

  test("is refused for a name that is taken, and leaves that room as it is", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.create(people.Eve, { ...secret, isPrivate: false })).toBe("taken");
    expect(await memberships.isMember(people.Eve, "plot")).toBe(false);
    expect(await memberships.findPublic("plot")).toBeUndefined();
  });

  test("is refused to who is in too many rooms, and to who has made too many", async () => {
    for (let number = 1; number <= limits.joinedRooms; number += 1)
      expect(await memberships.create(people.Ann, { ...open, name: `room${number}` })).toBeTypeOf("object");
    expect(await memberships.create(people.Ann, open)).toBe("full");
    expect(await memberships.join(people.Ann, "ideas")).toBe("full");
    await memberships.leave(people.Ann, "room1");
    expect(await memberships.create(people.Ann, open)).toBe("full");
    expect(await memberships.join(people.Ann, "ideas")).toBeTypeOf("object");
    expect(await memberships.create(people.Ben, open)).toBeTypeOf("object");
  });

  test("is refused when the site has too many", async () => {
    const many = Array.from({ length: limits.rooms - 4 }, (_, number) => `many${number}`);
    await database
      .insertInto("conversations")
      .values(many.map((name) => ({ kind: "room" as const, name, createdAt: 0 })))
      .execute();
    expect(await memberships.create(people.Ann, open)).toBeTypeOf("object");
    expect(await memberships.create(people.Ann, { ...open, name: "more" })).toBe("full");
    expect(await memberships.create(people.Ann, { ...open, name: "lobby" })).toBe("taken");
  });
});

describe("joining", () => {
  test("a public room is anybody's, and joining twice is joining", async () => {
    expect(await memberships.join(people.Eve, "lobby")).toMatchObject({ name: "lobby" });
    expect(await memberships.join(people.Eve, "lobby")).toMatchObject({ name: "lobby" });
    expect(await known(people.Eve)).toHaveProperty("lobby", "member");
  });

  test("a private room takes an invitation, and one that is not there looks the same from outside", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.join(people.Eve, "plot")).toBe("closed");
    expect(await memberships.join(people.Eve, "no-such-room")).toBe("closed");
    await memberships.invite(people.Ann, "plot", people.Ben);
    expect(await memberships.isMember(people.Ben, "plot")).toBe(false);
    expect(await memberships.join(people.Ben, "plot")).toEqual({ ...secret, people: 0 });
    expect(await memberships.isMember(people.Ben, "plot")).toBe(true);
  });

  test("is not being behind: what was said before does not count as unread", async () => {
    const rooms = new Rooms(database);
    await memberships.join(people.Ann, "lobby");
    await rooms.say(people.Ann, "lobby", draft("before"));
    await memberships.join(people.Ben, "lobby");
    await rooms.say(people.Ann, "lobby", draft("after"));
    expect(await rooms.welcome(people.Ben, "lobby")).toMatchObject({ unread: 1, readTo: 1 });
  });

  test("is refused when the room has too many members, also to who is invited", async () => {
    await memberships.create(people.Ann, secret);
    await memberships.invite(people.Ann, "plot", people.Ben);
    await fill("plot", limits.members - 1);
    expect(await memberships.join(people.Ben, "plot")).toBe("full");
    expect(await memberships.invite(people.Ann, "plot", people.Eve)).toBe("full");
    expect(await known(people.Eve)).not.toHaveProperty("plot");
  });

  test("begins in the lobby for who is in no conversation yet, and for nobody else", async () => {
    await memberships.welcome(people.Ann);
    expect(await known(people.Ann)).toEqual({ lobby: "member", ideas: "none", random: "none" });
    await memberships.join(people.Ann, "ideas");
    await memberships.leave(people.Ann, "lobby");
    await memberships.welcome(people.Ann);
    expect(await known(people.Ann)).toEqual({ lobby: "none", ideas: "member", random: "none" });
  });

  async function fill(room: string, count: number): Promise<void> {
    const { id } = await addPerson(database, "Many");
    const users = Array.from({ length: count }, (_, number) => ({
      name: `many${number}`,
      nameKey: `many${number}`,
      password: "",
      isAdmin: 0 as const,
      createdAt: 0,
    }));
    await database.insertInto("users").values(users).execute();
    await database
      .insertInto("members")
      .columns(["conversationId", "userId", "state"])
      .expression(({ selectFrom, val }) =>
        selectFrom(["conversations", "users"])
          .select(["conversations.id as conversationId", "users.id as userId", val("member" as const).as("state")])
          .where("conversations.name", "=", room)
          .where("users.id", ">", id),
      )
      .execute();
  }
});

describe("leaving", () => {
  test("ends a membership; of a private room one knows nothing any more, and may not come back alone", async () => {
    await memberships.create(people.Ann, secret);
    await memberships.invite(people.Ann, "plot", people.Ben);
    await memberships.join(people.Ben, "plot");
    expect(await memberships.leave(people.Ben, "plot")).toEqual({ ...secret, people: 0 });
    expect(await known(people.Ben)).not.toHaveProperty("plot");
    expect(await memberships.join(people.Ben, "plot")).toBe("closed");
    expect(await memberships.isMember(people.Ann, "plot")).toBe(true);
  });

  test("declines an invitation", async () => {
    await memberships.create(people.Ann, secret);
    await memberships.invite(people.Ann, "plot", people.Ben);
    await memberships.leave(people.Ben, "plot");
    expect(await memberships.join(people.Ben, "plot")).toBe("closed");
  });

  test("a room that one is not in, or that is not there, is nothing", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.leave(people.Eve, "plot")).toBeUndefined();
    expect(await memberships.leave(people.Eve, "lobby")).toBeUndefined();
    expect(await memberships.leave(people.Eve, "no-such-room")).toBeUndefined();
  });
});

describe("what members may do", () => {
  test("is to say what the room is about", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.describe(people.Ann, "plot", "a cake")).toMatchObject({ topic: "a cake" });
    await memberships.invite(people.Ann, "plot", people.Ben);
    expect(await memberships.describe(people.Ben, "plot", "mine")).toBeUndefined();
    expect(await memberships.describe(people.Eve, "plot", "mine")).toBeUndefined();
    expect((await memberships.find(people.Ann, "plot"))?.room.topic).toBe("a cake");
  });

  test("is to invite, once", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.invite(people.Ann, "plot", people.Ben)).toEqual({ ...secret, people: 0 });
    expect(await memberships.invite(people.Ann, "plot", people.Ben)).toBeUndefined();
    await memberships.join(people.Ben, "plot");
    expect(await memberships.invite(people.Ann, "plot", people.Ben)).toBeUndefined();
    expect(await known(people.Ben)).toHaveProperty("plot", "member");
  });

  test("is not for others: who is not in a room cannot let anybody in", async () => {
    await memberships.create(people.Ann, secret);
    expect(await memberships.invite(people.Eve, "plot", people.Ben)).toBe("full");
    await memberships.invite(people.Ann, "plot", people.Eve);
    expect(await memberships.invite(people.Eve, "plot", people.Ben)).toBe("full");
    expect(await known(people.Ben)).not.toHaveProperty("plot");
  });
});
