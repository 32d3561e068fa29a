import { sql } from "kysely";
import { limits } from "../../contract/limits.ts";
import type { Changes, Line, Page, PageRequest } from "../../contract/words.ts";
import type { Database } from "../database/database.ts";
import { inTurn } from "../database/dialect.ts";
import type { Access, Account } from "./access.ts";

/** A message as its writer's page sent it. */
export interface Draft {
  readonly clientId: string;
  readonly text: string;
}

// Only for statements that have their turn: nobody else can take the same number then.
const nextRevision = sql<number>`(select coalesce(max(revision), 0) + 1 from messages)`;

const addressee = sql<string>`(
  select users.name from members inner join users on users.id = members."userId"
  where members."conversationId" = messages."conversationId" and members."userId" <> messages."authorId"
)`;

/**
 * How many changes before the ones that a page asks for are told to it again.
 *
 * Writers at the same moment may be heard in another order than they were stored in: a page that knows a change may lack
 * the one before. Pages merge by id, so telling twice is harmless.
 */
export const overlap = 50;

/** What was said, in rooms or in direct conversations: `L` is what a line of them looks like. */
export class Messages<L extends Line> {
  readonly #database: Database;
  readonly #isDirect: boolean;

  private constructor(database: Database, isDirect: boolean) {
    this.#database = database;
    this.#isDirect = isDirect;
  }

  /** Those of rooms. */
  static ofRooms(database: Database): Messages<Line> {
    return new Messages(database, false);
  }

  /** Those of direct conversations, whose lines say to whom. */
  static ofDirects<L extends Line & { to: string }>(database: Database): Messages<L> {
    return new Messages<L>(database, true);
  }

  /** The highest revision on the site. Read it before what it belongs to: then no change can fall between. */
  async revision(): Promise<number> {
    const highest = this.#database.selectFrom("messages").select(({ fn }) => fn.max("revision").as("revision"));
    return (await highest.executeTakeFirst())?.revision ?? 0;
  }

  /**
   * Stores a message once, however often it is sent: a repeat gets what was stored the first time.
   *
   * @returns nothing where the writer has no access, or has used its `clientId` in another conversation.
   */
  async add(access: Access, author: Account, { clientId, text }: Draft): Promise<L | undefined> {
    await inTurn(this.#database, "revisions", (database) =>
      insertOnce(database, access, { authorId: author.id, clientId, text }).execute(),
    );
    return this.#lines(access)
      .where("messages.authorId", "=", author.id)
      .where("messages.clientId", "=", clientId)
      .executeTakeFirst();
  }

  /** Changes one's own message. @returns nothing for any other, and for one that was deleted. */
  async edit(access: Access, author: Account, { id, text }: { id: number; text: string }): Promise<L | undefined> {
    const changed = await this.#change(access, author, { id, text, state: "edited" });
    return changed && this.#own(access, author, id).executeTakeFirst();
  }

  /** Deletes one's own message: its text is gone, that it was there is not. @returns nothing for any other. */
  async delete(access: Access, author: Account, id: number): Promise<L | undefined> {
    await this.#change(access, author, { id, text: "", state: "deleted" });
    // Also when it was deleted before: whoever asks again has not heard the answer.
    return this.#own(access, author, id).where("messages.state", "=", "deleted").executeTakeFirst();
  }

  /** A part of one conversation, oldest line first. `around` goes before `before`, and that before `after`. */
  async page(access: Access, { around, before, after }: PageRequest): Promise<Page<L>> {
    const { pageLines } = limits;
    if (around !== undefined) return this.#pageAt(access, around, Math.floor(pageLines / 2));
    if (before !== undefined) return this.#pageAt(access, before, pageLines);
    if (after !== undefined) return this.#pageAt(access, after + 1, 0);
    return this.#pageAt(access, Number.MAX_SAFE_INTEGER, pageLines);
  }

  /** What was said, edited and deleted since a revision, and a little of what came before. */
  async changes(access: Access, since: number): Promise<Changes<L>> {
    const lines = await this.#lines(access)
      .where("messages.revision", ">", since - overlap)
      .orderBy("messages.revision")
      .limit(limits.changes + 1)
      .execute();
    const told = upToOnePage(lines.slice(0, limits.changes));
    return { lines: told, isComplete: told.length === lines.length };
  }

  /** These lines, of those one may read, newest first; the oldest are left out when there is too much text in them. */
  async lines(access: Access, ids: readonly number[]): Promise<L[]> {
    // Postgres knows no empty list.
    if (ids.length === 0) return [];
    return upToOnePage(
      await this.#lines(access).where("messages.id", "in", ids).orderBy("messages.id", "desc").execute(),
    );
  }

  // The page on both sides of an id: `olderLines` before it, and as many from it on as make the page full.
  async #pageAt(access: Access, id: number, olderLines: number): Promise<Page<L>> {
    const newerLines = limits.pageLines - olderLines;
    const older = await this.#lines(access)
      .where("messages.id", "<", id)
      .orderBy("messages.id", "desc")
      .limit(olderLines + 1)
      .execute();
    const newer = await this.#lines(access)
      .where("messages.id", ">=", id)
      .orderBy("messages.id")
      .limit(newerLines + 1)
      .execute();
    const lines = [...older.slice(0, olderLines).toReversed(), ...newer.slice(0, newerLines)];
    return { lines, hasOlder: older.length > olderLines, hasNewer: newer.length > newerLines };
  }

  #lines({ is, ids }: Access) {
    return this.#database
      .selectFrom("messages")
      .innerJoin("users as author", "author.id", "messages.authorId")
      .where("messages.conversationId", is, ids)
      .select([
        "messages.id",
        "messages.revision",
        "messages.clientId",
        "author.name as from",
        "messages.text",
        "messages.createdAt as at",
        "messages.state",
      ])
      .$if(this.#isDirect, (lines) => lines.select(addressee.as("to")))
      .$castTo<L>();
  }

  #own(access: Access, author: Account, id: number) {
    return this.#lines(access).where("messages.id", "=", id).where("messages.authorId", "=", author.id);
  }

  #change({ is, ids }: Access, author: Account, { id, ...change }: Change): Promise<{ id: number } | undefined> {
    return inTurn(this.#database, "revisions", (database) =>
      database
        .updateTable("messages")
        .set({ ...change, revision: nextRevision })
        .where("id", "=", id)
        .where("authorId", "=", author.id)
        .where("state", "<>", "deleted")
        .where("conversationId", is, ids)
        .returning("id")
        .executeTakeFirst(),
    );
  }
}

/** What becomes of a message. */
interface Change {
  readonly id: number;
  readonly text: string;
  readonly state: "edited" | "deleted";
}

function insertOnce(database: Database, access: Access, { authorId, clientId, text }: Draft & { authorId: number }) {
  return database
    .insertInto("messages")
    .columns(["revision", "conversationId", "authorId", "clientId", "text", "state", "createdAt"])
    .expression(({ selectFrom, val }) =>
      selectFrom(access.ids.as("place"))
        .select(({ ref }) => [
          nextRevision.as("revision"),
          ref("place.id").as("conversationId"),
          val(authorId).as("authorId"),
          val(clientId).as("clientId"),
          val(text).as("text"),
          val("said" as const).as("state"),
          val(Date.now()).as("createdAt"),
        ])
        // SQLite takes `on conflict` for a part of the join where a select ends without a condition.
        .where(sql<boolean>`true`),
    )
    .onConflict((conflict) => conflict.columns(["authorId", "clientId"]).doNothing());
}

/** The first lines, with no more text than one page of the longest lines has: so much waits for a slow reader at most. */
function upToOnePage<L extends Line>(lines: readonly L[]): L[] {
  let left = limits.pageLines * limits.text;
  return lines.filter(({ text }) => (left -= text.length) >= 0);
}
