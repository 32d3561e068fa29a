import type { RoomWelcome } from "../../contract/room.ts";
import type { Changes, Line, Page, PageRequest } from "../../contract/words.ts";
import type { Database } from "../database/database.ts";
import { type Access, type Account, roomAccess } from "./access.ts";
import { mark, unreadLines } from "./marks.ts";
import { type Draft, Messages } from "./messages.ts";

/** What is said in rooms. Every method takes who asks and which room first; for who is no member, nothing is there. */
export class Rooms {
  readonly #database: Database;
  readonly #messages: Messages<Line>;

  constructor(database: Database) {
    this.#database = database;
    this.#messages = Messages.ofRooms(database);
  }

  /** All that a page is told when it comes: the newest lines, and the revision from which it hears the rest. */
  async welcome(me: Account, room: string): Promise<Omit<RoomWelcome, "room" | "people" | "node">> {
    const revision = await this.#messages.revision();
    const page = await this.#messages.page(this.#access(me, room), {});
    const { is, ids } = this.#access(me, room);
    const row = await this.#database
      .selectFrom("members")
      .select(["readTo", unreadLines.as("unread")])
      .where("userId", "=", me.id)
      .where("conversationId", is, ids)
      .executeTakeFirst();
    return { revision, page, readTo: row?.readTo ?? 0, unread: row?.unread ?? 0 };
  }

  /**
   * Stores a message once, however often it is sent.
   *
   * @returns nothing when the writer has used its `clientId` in another conversation.
   */
  async say(me: Account, room: string, draft: Draft): Promise<Line | undefined> {
    return this.#messages.add(this.#access(me, room), me, draft);
  }

  /** Changes one's own message. @returns nothing for any other. */
  async edit(me: Account, room: string, change: { id: number; text: string }): Promise<Line | undefined> {
    return this.#messages.edit(this.#access(me, room), me, change);
  }

  /** Deletes one's own message. @returns nothing for any other. */
  async delete(me: Account, room: string, id: number): Promise<Line | undefined> {
    return this.#messages.delete(this.#access(me, room), me, id);
  }

  /** A part of what was said. */
  async history(me: Account, room: string, part: PageRequest): Promise<Page> {
    return this.#messages.page(this.#access(me, room), part);
  }

  /** What was said and changed since a revision. */
  async changes(me: Account, room: string, since: number): Promise<Changes> {
    return this.#messages.changes(this.#access(me, room), since);
  }

  /** Notes up to which line one has read. @returns up to which that is, or nothing when it is no news. */
  async read(me: Account, room: string, upTo: number): Promise<number | undefined> {
    const marks = await mark(this.#database, me, { readTo: upTo, in: this.#access(me, room) });
    return marks?.readTo;
  }

  #access(me: Account, room: string): Access {
    return roomAccess(this.#database, me, room);
  }
}
