import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Accounts } from "./accounts.ts";
import { Passwords } from "./password.ts";
import type { Person } from "./person.ts";
import { sessionMs, Sessions } from "./sessions.ts";

let database: Database;
let sessions: Sessions;
let annId: number;

beforeEach(async () => {
  database = await openTestDatabase();
  sessions = new Sessions(database);
  const ann = await new Accounts(database, new Passwords({ N: 16, r: 8, p: 1 })).create("Ann", "password");
  annId = ann?.id ?? 0;
});

afterEach(async () => {
  vi.useRealTimers();
  await database.destroy();
});

async function rows(): Promise<number> {
  return (await database.selectFrom("sessions").select("id").execute()).length;
}

async function beginSession(): Promise<{ token: string; person: Person }> {
  const token = await sessions.begin(annId);
  const person = await sessions.personOf(token);
  if (person === undefined) throw new Error("The session has no person.");
  return { token, person };
}

describe("Sessions", () => {
  test("know whose a token is, and that another is nobody's", async () => {
    const { token, person } = await beginSession();
    expect(person).toEqual({ id: annId, name: "Ann", isAdmin: false, session: expect.any(String) });
    for (const other of ["", `${token}A`, token.toUpperCase(), person.session]) {
      expect(await sessions.personOf(other)).toBeUndefined();
    }
  });

  test("keep nothing in the database that a cookie could be made from", async () => {
    const { token } = await beginSession();
    expect(JSON.stringify(await database.selectFrom("sessions").selectAll().execute())).not.toContain(token);
  });

  test("end one by one, or all of an account together", async () => {
    const [phone, desk, home] = [await beginSession(), await beginSession(), await beginSession()];
    await sessions.end(phone.person);
    expect(await sessions.personOf(phone.token)).toBeUndefined();
    expect(await sessions.personOf(desk.token)).toEqual(desk.person);
    await sessions.endAll(annId);
    expect(await sessions.personOf(desk.token)).toBeUndefined();
    expect(await sessions.personOf(home.token)).toBeUndefined();
  });

  test("end by themselves after 30 days, and leave no rows behind once somebody signs in", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const { token } = await beginSession();
    vi.setSystemTime(1_000_000 + sessionMs - 1);
    expect(await sessions.personOf(token)).toBeDefined();
    vi.setSystemTime(1_000_000 + sessionMs);
    expect(await sessions.personOf(token)).toBeUndefined();
    expect(await rows()).toBe(1);
    const fresh = await beginSession();
    expect(await rows()).toBe(1);
    expect(await sessions.personOf(fresh.token)).toBeDefined();
  });

  test("are at most 50 for one account: the oldest ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const { token: oldest } = await beginSession();
    vi.setSystemTime(1_000_001);
    const { token: second } = await beginSession();
    vi.setSystemTime(1_000_002);
    for (let count = 0; count < 49; count++) await sessions.begin(annId);
    expect(await rows()).toBe(50);
    expect(await sessions.personOf(oldest)).toBeUndefined();
    expect(await sessions.personOf(second)).toBeDefined();
  });
});
