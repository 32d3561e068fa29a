import { sql } from "kysely";
import type { DirectSummary, Marks } from "../../contract/direct.ts";
import { limits } from "../../contract/limits.ts";
import type { Changes, DirectLine, Page, PageRequest } from "../../contract/words.ts";
import type { Database } from "../database/database.ts";
import { transactionInTurn } from "../database/dialect.ts";
import { type Account, directAccess, directName, ownDirectsAccess } from "./access.ts";
import { mark, type MarkedTo, unreadLines } from "./marks.ts";
import { type Draft, Messages } from "./messages.ts";

/** What two people tell each other. Every method takes who asks first, and reaches their own conversations alone. */
export class Directs {
  readonly #database: Database;
  readonly #messages: Messages<DirectLine>;

  constructor(database: Database) {
    this.#database = database;
    this.#messages = Messages.ofDirects(database);
  }

  /** All that a page is told when it comes: the newest conversations, and the revision from which it hears the rest. */
  async welcome(me: Account): Promise<{ revision: number; conversations: DirectSummary[] }> {
    const revision = await this.#messages.revision();
    return { revision, conversations: await this.#summaries(me) };
  }

  /**
   * Stores a message once, however often it is sent. The first one begins the conversation.
   *
   * @returns nothing when the writer has used its `clientId` in another conversation.
   */
  async tell(me: Account, to: Account, draft: Draft): Promise<DirectLine | undefined> {
    const access = directAccess(this.#database, me, to);
    const line = await this.#messages.add(access, me, draft);
    if (line !== undefined) return line;
    await this.#begin(me, to);
    return this.#messages.add(access, me, draft);
  }

  /** Changes one's own message. @returns nothing for any other. */
  async edit(me: Account, change: { id: number; text: string }): Promise<DirectLine | undefined> {
    return this.#messages.edit(ownDirectsAccess(this.#database, me), me, change);
  }

  /** Deletes one's own message. @returns nothing for any other. */
  async delete(me: Account, id: number): Promise<DirectLine | undefined> {
    return this.#messages.delete(ownDirectsAccess(this.#database, me), me, id);
  }

  /** A part of the conversation with somebody; empty when there is none. */
  async history(me: Account, other: Account, part: PageRequest): Promise<Page<DirectLine>> {
    return this.#messages.page(directAccess(this.#database, me, other), part);
  }

  /** What was said and changed in all of one's conversations since a revision. */
  async changes(me: Account, since: number): Promise<Changes<DirectLine>> {
    return this.#messages.changes(ownDirectsAccess(this.#database, me), since);
  }

  /** Notes how far one has come with somebody. @returns how far that is, or nothing when it is no news. */
  async mark(me: Account, other: Account, to: MarkedTo): Promise<Marks | undefined> {
    return mark(this.#database, me, { ...to, in: directAccess(this.#database, me, other) });
  }

  async #begin(me: Account, other: Account): Promise<void> {
    const name = directName(me, other);
    await transactionInTurn(this.#database, "conversations", async (transaction) => {
      await transaction
        .insertInto("conversations")
        .values({ kind: "direct", name, createdAt: Date.now() })
        .onConflict((conflict) => conflict.columns(["kind", "name"]).doNothing())
        .execute();
      const { id: conversationId } = await transaction
        .selectFrom("conversations")
        .select("id")
        .where("kind", "=", "direct")
        .where("name", "=", name)
        .executeTakeFirstOrThrow();
      const members = [me, other].map(({ id }) => ({ conversationId, userId: id, state: "member" as const }));
      await transaction
        .insertInto("members")
        .values(members)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }

  async #summaries(me: Account): Promise<DirectSummary[]> {
    const rows = await this.#database
      .selectFrom("members")
      .innerJoin("conversations", "conversations.id", "members.conversationId")
      .innerJoin("members as theirs", (join) =>
        join.onRef("theirs.conversationId", "=", "conversations.id").onRef("theirs.userId", "<>", "members.userId"),
      )
      .innerJoin("users", "users.id", "theirs.userId")
      .innerJoin(
        ({ selectFrom }) =>
          selectFrom("messages")
            .select(({ fn }) => ["messages.conversationId", fn.max("messages.id").as("id")])
            .where("conversationId", "in", ownDirectsAccess(this.#database, me).ids)
            .groupBy("conversationId")
            .as("last"),
        (join) => join.onRef("last.conversationId", "=", "conversations.id"),
      )
      .select(["users.name as with", "last.id as lastId", unreadLines.as("unread")])
      .select(["members.deliveredTo", "members.readTo"])
      .select(["theirs.deliveredTo as theirDeliveredTo", "theirs.readTo as theirReadTo"])
      .where("members.userId", "=", me.id)
      .where("conversations.kind", "=", sql.lit("direct"))
      .orderBy("last.id", "desc")
      .limit(limits.directs)
      .execute();
    const lastIds = rows.map(({ lastId }) => lastId);
    const lastLines = await this.#messages.lines(ownDirectsAccess(this.#database, me), lastIds);
    const byId = new Map(rows.map((row) => [row.lastId, row]));
    return lastLines.flatMap((last) => {
      const row = byId.get(last.id);
      return row === undefined ? [] : [summaryOf(row, last)];
    });
  }
}

interface SummaryRow {
  readonly with: string;
  readonly unread: number;
  readonly deliveredTo: number;
  readonly readTo: number;
  readonly theirDeliveredTo: number;
  readonly theirReadTo: number;
}

function summaryOf(row: SummaryRow, last: DirectLine): DirectSummary {
  const { deliveredTo, readTo, theirDeliveredTo, theirReadTo } = row;
  const theirs = { deliveredTo: theirDeliveredTo, readTo: theirReadTo };
  return { with: row.with, last, unread: row.unread, mine: { deliveredTo, readTo }, theirs };
}
