import { randomBytes } from "node:crypto";
import type { Database } from "../database/database.ts";
import type { User } from "../database/tables.ts";
import type { Passwords } from "./password.ts";
import { nameKey } from "./person.ts";

/** The admin, as the start leaves it. */
export interface AdminAccount {
  /** As its owner wrote it. */
  readonly name: string;
  /** The password that was made up, when there was none: it is nowhere else. */
  readonly madeUpPassword: string | undefined;
}

/** The accounts: names and passwords. */
export class Accounts {
  readonly #database: Database;
  readonly #passwords: Passwords;

  constructor(database: Database, passwords: Passwords) {
    this.#database = database;
    this.#passwords = passwords;
  }

  /** The account of a name, in whichever spelling. */
  async find(name: string): Promise<User | undefined> {
    return this.#database.selectFrom("users").selectAll().where("nameKey", "=", nameKey(name)).executeTakeFirst();
  }

  /** Whether this is the password of an account. @throws {PasswordsBusy} */
  async hasPassword(account: User, password: string): Promise<boolean> {
    return this.#passwords.matches(password, account.password);
  }

  /** Makes an account; `undefined` when somebody was faster with that name. @throws {PasswordsBusy} */
  async create(name: string, password: string, isAdmin: 0 | 1 = 0): Promise<User | undefined> {
    const digest = await this.#passwords.digest(password);
    return this.#database
      .insertInto("users")
      .values({ name, nameKey: nameKey(name), password: digest, isAdmin, createdAt: Date.now() })
      .onConflict((conflict) => conflict.column("nameKey").doNothing())
      .returningAll()
      .executeTakeFirst();
  }

  /**
   * Sees to it that exactly this name is the admin: makes its account, or gives an existing one the rights.
   *
   * A given password becomes the account's; if it was another before, every session of the account ends.
   */
  async setUpAdmin(name: string, password: string | undefined): Promise<AdminAccount> {
    const madeUpPassword = password ?? randomBytes(12).toString("base64url");
    const existing = await this.find(name);
    const made = existing === undefined ? await this.create(name, madeUpPassword, 1) : undefined;
    if (existing !== undefined && password !== undefined) await this.#changePassword(existing, password);
    const key = nameKey(name);
    await this.#database.transaction().execute(async (changes) => {
      const others = changes.updateTable("users").set({ isAdmin: 0 }).where("nameKey", "!=", key);
      await others.where("isAdmin", "=", 1).execute();
      await changes.updateTable("users").set({ isAdmin: 1 }).where("nameKey", "=", key).execute();
    });
    return {
      name: existing?.name ?? name,
      madeUpPassword: made !== undefined && password === undefined ? madeUpPassword : undefined,
    };
  }

  async #changePassword(account: User, password: string): Promise<void> {
    if (await this.hasPassword(account, password)) return;
    const digest = await this.#passwords.digest(password);
    await this.#database.transaction().execute(async (changes) => {
      await changes.updateTable("users").set({ password: digest }).where("id", "=", account.id).execute();
      await changes.deleteFrom("sessions").where("userId", "=", account.id).execute();
    });
  }
}
