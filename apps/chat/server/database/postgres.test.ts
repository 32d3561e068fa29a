import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { startPostgresServer } from "../../../../scripts/postgres-server.mjs";
import { addPeople, draft } from "../conversations/test-people.ts";
import { Announcements } from "../conversations/announcements.ts";
import { Rooms } from "../conversations/rooms.ts";
import { Memberships } from "../conversations/memberships.ts";
import { openDatabase } from "./database.ts";
import { openTestDatabase, setTestDatabases } from "./test-database.ts";

// The tests of everything that asks the database, once more, on a Postgres of their own.

let server: Awaited<ReturnType<typeof startPostgresServer>>;
let client: Client;
let made = 0;

function addressOf(name: string): string {
  const address = new URL(server.url);
  address.pathname = `/${name}`;
  return address.href;
}

async function makeDatabase(): Promise<string> {
  const name = `chat${++made}`;
  await client.query(`create database ${name} template tables`);
  return addressOf(name);
}

beforeAll(async () => {
  server = await startPostgresServer();
  client = new Client(server.url);
  await client.connect();
  await client.query("create database tables");
  // Brought up to date once; a copy takes a few milliseconds.
  await (await openDatabase(addressOf("tables"))).destroy();
  setTestDatabases(makeDatabase);
}, 60_000);

afterAll(async () => {
  await client.end();
  await server.stop();
}, 60_000);

// Some say hundreds of lines, each of which is several answers away.
describe("on Postgres", { timeout: 60_000 }, () => {
  describe("accounts", async () => void (await import("../accounts/accounts.test.ts")));
  describe("sessions", async () => void (await import("../accounts/sessions.test.ts")));
  describe("the cookies' secret", async () => void (await import("../accounts/cookie-secret.test.ts")));
  describe("people", async () => void (await import("../conversations/people.test.ts")));
  describe("memberships", async () => void (await import("../conversations/memberships.test.ts")));
  describe("rooms", async () => void (await import("../conversations/rooms.test.ts")));
  describe("direct messages", async () => void (await import("../conversations/directs.test.ts")));
  test("announcements of the admin are kept, and nobody else's", async () => {
    const database = await openTestDatabase();
    const { Admin, Ann } = await addPeople(database, "Admin", "Ann");
    const announcements = new Announcements(database);
    expect(await announcements.make(Ann, "party!")).toBeUndefined();
    const made = await announcements.make(Admin, "tea at four");
    expect(made).toMatchObject({ id: 1, from: "Admin", text: "tea at four" });
    expect(await announcements.recent()).toEqual([made]);
    await database.destroy();
  });
  describe("presence", async () => void (await import("../presence/presence.test.ts")));
});

describe("several nodes on one Postgres", () => {
  test("may open it at the same moment, and make its tables once", async () => {
    await client.query("create database together");
    const nodes = await Promise.all(Array.from({ length: 4 }, () => openDatabase(addressOf("together"))));
    const rooms = await nodes[0]!.selectFrom("conversations").select("name").orderBy("id").execute();
    expect(rooms.map(({ name }) => name)).toEqual(["lobby", "ideas", "random"]);
    for (const node of nodes) await node.destroy();
  });

  test("give every message a revision of its own, in the order in which they become visible", async () => {
    const address = await makeDatabase();
    const nodes = [await openDatabase(address), await openDatabase(address), await openDatabase(address)];
    const { Ann } = await addPeople(nodes[0]!, "Ann");
    await new Memberships(nodes[0]!).join(Ann, "lobby");
    let highest = 0;
    let isDone = false;
    // Whoever sees a revision sees all before it: a page that catches up from there misses nothing.
    const watch = async (): Promise<void> => {
      while (!isDone) {
        const rows = await nodes[2]!.selectFrom("messages").select("revision").orderBy("revision").execute();
        expect(rows.map(({ revision }) => revision)).toEqual(rows.map((_, at) => at + 1));
        highest = rows.length;
      }
    };
    const watching = watch();
    const say = (node: (typeof nodes)[number]) =>
      Promise.all(Array.from({ length: 50 }, (_, at) => new Rooms(node).say(Ann, "lobby", draft(`${at}`))));
    const lines = (await Promise.all(nodes.slice(0, 2).map(say))).flat();
    isDone = true;
    await watching;
    expect(new Set(lines.map((line) => line?.revision)).size).toBe(100);
    expect(highest).toBeGreaterThan(0);
    for (const node of nodes) await node.destroy();
  });
});
