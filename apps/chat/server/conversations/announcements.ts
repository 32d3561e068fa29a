import { limits } from "../../contract/limits.ts";
import type { Announcement } from "../../contract/site.ts";
import type { Database } from "../database/database.ts";
import type { Account } from "./access.ts";

/** What the admin says to everybody. */
export class Announcements {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores one. @returns nothing when whoever speaks is not the admin. */
  async make(me: Account, text: string): Promise<Announcement | undefined> {
    const at = Date.now();
    const stored = await this.#database
      .insertInto("announcements")
      .columns(["authorId", "text", "createdAt"])
      .expression(({ selectFrom, val }) =>
        selectFrom("users")
          .select(["id", val(text).as("text"), val(at).as("createdAt")])
          .where("id", "=", me.id)
          .where("isAdmin", "=", 1),
      )
      .returning("id")
      .executeTakeFirst();
    return stored && { id: stored.id, from: me.name, text, at };
  }

  /** Those that whoever arrives now is shown, oldest first. */
  async recent(): Promise<Announcement[]> {
    const newestFirst = await this.#database
      .selectFrom("announcements")
      .innerJoin("users", "users.id", "announcements.authorId")
      .select(["announcements.id", "users.name as from", "announcements.text", "announcements.createdAt as at"])
      .where("announcements.createdAt", ">", Date.now() - limits.announcementMs)
      .orderBy("announcements.id", "desc")
      .limit(limits.announcements)
      .execute();
    return newestFirst.toReversed();
  }
}
