import { limits } from "../../contract/limits.ts";
import { nameKey, type Person } from "../accounts/person.ts";
import type { Database } from "../database/database.ts";
import type { Account } from "./access.ts";

// Behind every name that begins the same: no name contains it.
const lastCharacter = "\u{10FFFF}";

/** Everybody with an account, as others see them: by name. */
export class People {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether the session in which somebody came still lasts. */
  async isSignedIn({ id, session }: Person): Promise<boolean> {
    const row = this.#database
      .selectFrom("sessions")
      .select("id")
      .where("id", "=", session)
      .where("userId", "=", id)
      .where("expiresAt", ">", Date.now());
    return (await row.executeTakeFirst()) !== undefined;
  }

  /** Who has a name, however it is spelled; never oneself. */
  async another(me: Account, name: string): Promise<Account | undefined> {
    return this.#others(me).where("nameKey", "=", nameKey(name)).executeTakeFirst();
  }

  /** The names that begin so, in their order, without one's own: at most `limits.found`. */
  async find(me: Account, beginning: string): Promise<string[]> {
    const key = nameKey(beginning);
    // Postgres takes no text that has it, and no name does.
    if (key.includes("\0")) return [];
    const found = await this.#others(me)
      .where("nameKey", ">=", key)
      .where("nameKey", "<", key + lastCharacter)
      .orderBy("nameKey")
      .limit(limits.found)
      .execute();
    return found.map(({ name }) => name);
  }

  #others(me: Account) {
    return this.#database.selectFrom("users").select(["id", "name"]).where("id", "<>", me.id);
  }
}
