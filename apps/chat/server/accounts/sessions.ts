import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/database.ts";
import type { Person } from "./person.ts";

/** How long a sign-in lasts. */
export const sessionMs: number = 30 * 24 * 60 * 60_000;

/** Sign-ins that one account may have at a time: one more ends the oldest. */
const sessionsOfOne = 50;
const deletedAtOnce = 100;

/**
 * Who is signed in where: a row for each sign-in.
 *
 * The cookie holds a random token, the row only its digest: who reads the database cannot sign in with what is there.
 */
export class Sessions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Begins a session of an account. @returns the token, for the cookie alone. */
  async begin(userId: number): Promise<string> {
    const token = randomBytes(32).toString("base64url");
    const now = Date.now();
    await this.#database
      .insertInto("sessions")
      .values({ id: digestOf(token), userId, createdAt: now, expiresAt: now + sessionMs })
      .execute();
    await this.#tidy(userId, now);
    return token;
  }

  /** Whose session a token is of, as long as it lasts. */
  async personOf(token: string): Promise<Person | undefined> {
    const row = await this.#database
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.userId")
      .select(["users.id", "users.name", "users.isAdmin", "sessions.id as session"])
      .where("sessions.id", "=", digestOf(token))
      .where("sessions.expiresAt", ">", Date.now())
      .executeTakeFirst();
    return row && Object.freeze({ ...row, isAdmin: row.isAdmin === 1 });
  }

  /** Ends one session. */
  async end({ session }: Person): Promise<void> {
    await this.#database.deleteFrom("sessions").where("id", "=", session).execute();
  }

  /** Ends every session of an account. */
  async endAll(userId: number): Promise<void> {
    await this.#database.deleteFrom("sessions").where("userId", "=", userId).execute();
  }

  // Each sign-in takes away more rows than it makes, so that old ones do not pile up.
  async #tidy(userId: number, now: number): Promise<void> {
    const sessions = this.#database.selectFrom("sessions").select("id").limit(deletedAtOnce);
    const expired = sessions.where("expiresAt", "<=", now);
    const beyond = sessions.where("userId", "=", userId).orderBy("createdAt", "desc").offset(sessionsOfOne);
    await this.#database.deleteFrom("sessions").where("id", "in", expired).execute();
    await this.#database.deleteFrom("sessions").where("id", "in", beyond).execute();
  }
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
