import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Accounts } from "./accounts.ts";
import { Passwords } from "./password.ts";
import { Sessions } from "./sessions.ts";

let database: Database;
let accounts: Accounts;

beforeEach(async () => {
  database = await openTestDatabase();
  accounts = new Accounts(database, new Passwords({ N: 16, r: 8, p: 1 }));
});

afterEach(() => database.destroy());

async function hasPassword(name: string, password: string): Promise<boolean> {
  const account = await accounts.find(name);
  return account !== undefined && accounts.hasPassword(account, password);
}

async function admins(): Promise<string[]> {
  const rows = await database.selectFrom("users").select("name").where("isAdmin", "=", 1).execute();
  return rows.map(({ name }) => name);
}

describe("Accounts.create", () => {
  test("makes one account of a name, whichever way it is written", async () => {
    await accounts.create("Ann Lee", "password 1");
    expect(await accounts.create("ＡＮＮ  lee", "password 2")).toBeUndefined();
    expect(await accounts.find("ann LEE")).toMatchObject({ name: "Ann Lee", isAdmin: 0 });
    expect(await hasPassword("Ann Lee", "password 1")).toBe(true);
    expect(await hasPassword("Ann Lee", "password 2")).toBe(false);
  });

  test("gives a name to one of two who ask for it at the same time", async () => {
    const made = await Promise.all([accounts.create("Ann", "password 1"), accounts.create("ann", "password 2")]);
    expect(made.filter((account) => account !== undefined)).toHaveLength(1);
  });

  test("keeps no password in the database", async () => {
    await accounts.create("Ann", "correct horse");
    expect(JSON.stringify(await database.selectFrom("users").selectAll().execute())).not.toContain("correct horse");
  });
});

describe("Accounts.setUpAdmin", () => {
  test("makes up a password when there is no account yet, and says it this once", async () => {
    const { name, madeUpPassword = "" } = await accounts.setUpAdmin("Zoë", undefined);
    expect(name).toBe("Zoë");
    expect(madeUpPassword).toMatch(/^[\w-]{16}$/);
    expect(await hasPassword("zoë", madeUpPassword)).toBe(true);
    expect(await accounts.setUpAdmin("Zoë", undefined)).toEqual({ name: "Zoë", madeUpPassword: undefined });
    expect(await hasPassword("zoë", madeUpPassword)).toBe(true);
  });

  test("sets a given password, and signs the admin out only when it is another one", async () => {
    const sessions = new Sessions(database);
    expect(await accounts.setUpAdmin("Zoë", "password 1")).toEqual({ name: "Zoë", madeUpPassword: undefined });
    const admin = await accounts.find("Zoë");
    const token = await sessions.begin(admin?.id ?? 0);

    await accounts.setUpAdmin("Zoë", "password 1");
    expect(await accounts.find("Zoë")).toEqual(admin);
    expect(await sessions.personOf(token)).toMatchObject({ name: "Zoë", isAdmin: true });

    await accounts.setUpAdmin("Zoë", "password 2");
    expect(await hasPassword("Zoë", "password 1")).toBe(false);
    expect(await hasPassword("Zoë", "password 2")).toBe(true);
    expect(await sessions.personOf(token)).toBeUndefined();
  });

  test("gives an existing account the rights, under its own spelling, and takes them from the one before", async () => {
    await accounts.create("Ann", "password 1");
    await accounts.create("Bea", "password 2");
    await accounts.setUpAdmin("admin", "password 3");
    expect(await admins()).toEqual(["admin"]);
    expect(await accounts.setUpAdmin("ANN", undefined)).toEqual({ name: "Ann", madeUpPassword: undefined });
    expect(await admins()).toEqual(["Ann"]);
    expect(await hasPassword("Ann", "password 1")).toBe(true);
    expect(await hasPassword("admin", "password 3")).toBe(true);
  });
});
