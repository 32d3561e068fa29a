import { sql } from "kysely";
import type { Marks } from "../../contract/direct.ts";
import { limits } from "../../contract/limits.ts";
import type { Database } from "../database/database.ts";
import { greater, smaller } from "../database/dialect.ts";
import type { Access, Account } from "./access.ts";

/** How many lines of others, beside a row of `members`, its person has not read. Counted up to `limits.unread`. */
export const unreadLines = sql<number>`(select count(*) from (
  select 1 from messages where messages."conversationId" = members."conversationId" and messages.id > members."readTo"
  and messages."authorId" <> members."userId" and messages.state <> 'deleted' limit ${sql.lit(limits.unread)}
) as "unreadLines")`;

const newestLine = sql<number>`(
  select coalesce(max(id), 0) from messages where messages."conversationId" = members."conversationId"
)`;

/** The newest line that was delivered to somebody, and the newest that they have read. */
export interface MarkedTo {
  readonly deliveredTo?: number | undefined;
  readonly readTo?: number | undefined;
}

/**
 * Notes how far somebody has come in a conversation: forward only, and not beyond its newest line.
 *
 * What was read was delivered.
 *
 * @returns how far they are now, or nothing when that is no news.
 */
export async function mark(database: Database, me: Account, to: MarkedTo & { in: Access }): Promise<Marks | undefined> {
  const { deliveredTo = 0, readTo = 0 } = to;
  const delivered = smaller(database, Math.max(deliveredTo, readTo), newestLine);
  const read = smaller(database, readTo, newestLine);
  return database
    .updateTable("members")
    .set(({ ref }) => ({
      deliveredTo: greater(database, ref("deliveredTo"), delivered),
      readTo: greater(database, ref("readTo"), read),
    }))
    .where("userId", "=", me.id)
    .where("conversationId", to.in.is, to.in.ids)
    .where(({ or, eb }) => or([eb("deliveredTo", "<", delivered), eb("readTo", "<", read)]))
    .returning(["deliveredTo", "readTo"])
    .executeTakeFirst();
}
