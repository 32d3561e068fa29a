import { sql } from "kysely";
import { limits } from "../../contract/limits.ts";
import type { Membership, RoomInfo } from "../../contract/words.ts";
import type { Database } from "../database/database.ts";
import { inTurn, transactionInTurn } from "../database/dialect.ts";
import { peopleInRoom } from "../presence/places.ts";
import { type Account, roomAccess } from "./access.ts";

/** A room, and what somebody is to it. */
export interface OwnRoom {
  readonly room: RoomInfo;
  readonly membership: Membership;
}

/** The room in which everybody begins. */
const firstRoom = "lobby";

const newestLine = sql<number>`(select coalesce(max(id), 0) from messages where "conversationId" = conversations.id)`;

/** Which rooms there are, and who is in them. Of a private room, only its members and the invited know. */
export class Memberships {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Every room that somebody may know of. */
  async list(me: Account): Promise<OwnRoom[]> {
    const rows = await this.#known(me).orderBy("conversations.id").limit(limits.rooms).execute();
    return rows.map((row) => ownRoomOf(row));
  }

  /** A room that somebody may know of. */
  async find(me: Account, room: string): Promise<OwnRoom | undefined> {
    const row = await this.#known(me).where("conversations.name", "=", room).executeTakeFirst();
    return row && ownRoomOf(row);
  }

  /** A room that everybody may know of. */
  async findPublic(room: string): Promise<RoomInfo | undefined> {
    const row = await this.#rooms().where("name", "=", room).where("isPrivate", "=", 0).executeTakeFirst();
    return row && infoOf(row);
  }

  /** Whether somebody is a member of a room. */
  async isMember(me: Account, room: string): Promise<boolean> {
    return (await roomAccess(this.#database, me, room).ids.executeTakeFirst()) !== undefined;
  }

  /** Makes a room, with its maker as its first member. */
  async create(
    me: Account,
    { name, topic, isPrivate }: { name: string; topic: string; isPrivate: boolean },
  ): Promise<RoomInfo | "taken" | "full"> {
    const isMade = await transactionInTurn(this.#database, "conversations", async (transaction) => {
      const made = await transaction
        .insertInto("conversations")
        .columns(["kind", "name", "topic", "isPrivate", "createdBy", "createdAt"])
        .expression(({ selectFrom, val }) =>
          selectFrom("users")
            .select(({ ref }) => [
              val("room" as const).as("kind"),
              val(name).as("name"),
              val(topic).as("topic"),
              val(isPrivate ? (1 as const) : (0 as const)).as("isPrivate"),
              ref("users.id").as("createdBy"),
              val(Date.now()).as("createdAt"),
            ])
            .where("users.id", "=", me.id)
            .where(sql<number>`(select count(*) from conversations where kind = 'room')`, "<", limits.rooms)
            .where(
              sql<number>`(select count(*) from conversations where "createdBy" = users.id)`,
              "<",
              limits.createdRooms,
            )
            .where(roomsOf(me), "<", limits.joinedRooms),
        )
        .onConflict((conflict) => conflict.columns(["kind", "name"]).doNothing())
        .returning("id")
        .executeTakeFirst();
      if (made === undefined) return false;
      await transaction
        .insertInto("members")
        .values({ conversationId: made.id, userId: me.id, state: "member" })
        .execute();
      return true;
    });
    if (isMade) return { name, topic, isPrivate, people: 0 };
    const sameName = await this.#rooms().where("name", "=", name).executeTakeFirst();
    return sameName === undefined ? "full" : "taken";
  }

  /** Makes somebody a member of a public room, or of a private one that they are invited to. Harmless for a member. */
  async join(me: Account, room: string): Promise<RoomInfo | "closed" | "full"> {
    const known = await this.find(me, room);
    if (known === undefined) return "closed";
    if (known.membership === "member") return known.room;
    const joined = await inTurn(this.#database, "conversations", (database) =>
      database
        .insertInto("members")
        .columns(["conversationId", "userId", "state", "deliveredTo", "readTo"])
        .expression(({ val }) =>
          this.#known(me)
            .clearSelect()
            .select(({ ref }) => [
              ref("conversations.id").as("conversationId"),
              val(me.id).as("userId"),
              val("member" as const).as("state"),
              // What was said before is there to be read, and not unread.
              newestLine.as("deliveredTo"),
              newestLine.as("readTo"),
            ])
            .where("conversations.name", "=", room)
            .where(membersOf("member"), "<", limits.members)
            .where(roomsOf(me), "<", limits.joinedRooms),
        )
        .onConflict((conflict) =>
          conflict
            .columns(["conversationId", "userId"])
            .doUpdateSet(({ ref }) => ({ state: "member", readTo: ref("excluded.readTo") })),
        )
        .returning("state")
        .executeTakeFirst(),
    );
    return joined === undefined ? "full" : known.room;
  }

  /** Ends a membership, or declines an invitation. @returns the room, or nothing when there was neither. */
  async leave(me: Account, room: string): Promise<RoomInfo | undefined> {
    const known = await this.find(me, room);
    if (known === undefined || known.membership === "none") return undefined;
    await this.#database
      .deleteFrom("members")
      .where("userId", "=", me.id)
      .where("conversationId", "=", this.#rooms().clearSelect().select("id").where("name", "=", room))
      .execute();
    return known.room;
  }

  /** Lets somebody begin in the lobby, unless they are in a conversation already. */
  async welcome(me: Account): Promise<void> {
    const any = this.#database.selectFrom("members").select("conversationId").where("userId", "=", me.id).limit(1);
    if ((await any.executeTakeFirst()) === undefined) await this.join(me, firstRoom);
  }

  /** Changes what a room is about; its members may. @returns the room, or nothing to who is none. */
  async describe(me: Account, room: string, topic: string): Promise<RoomInfo | undefined> {
    const described = await this.#database
      .updateTable("conversations")
      .set({ topic })
      .where("id", "=", roomAccess(this.#database, me, room).ids)
      .returning(["name", "topic", "isPrivate", peopleInRoom.as("people")])
      .executeTakeFirst();
    return described && infoOf(described);
  }

  /** Invites somebody; members may. @returns the room, or nothing when they are in it or invited already. */
  async invite(me: Account, room: string, guest: Account): Promise<RoomInfo | "full" | undefined> {
    if ((await this.#membership(guest, room)) !== undefined) return undefined;
    const invited = await inTurn(this.#database, "conversations", (database) =>
      database
        .insertInto("members")
        .columns(["conversationId", "userId", "state"])
        .expression(({ val }) =>
          roomAccess(this.#database, me, room)
            .ids.clearSelect()
            .select(({ ref }) => [
              ref("conversations.id").as("conversationId"),
              val(guest.id).as("userId"),
              val("invited" as const).as("state"),
            ])
            .where(membersOf("member", "invited"), "<", limits.members),
        )
        .onConflict((conflict) => conflict.doNothing())
        .returning("state")
        .executeTakeFirst(),
    );
    if (invited === undefined) return "full";
    return (await this.find(guest, room))?.room;
  }

  async #membership(person: Account, room: string): Promise<"member" | "invited" | undefined> {
    const row = await this.#known(person).where("conversations.name", "=", room).executeTakeFirst();
    return row?.state ?? undefined;
  }

  #rooms() {
    return this.#database
      .selectFrom("conversations")
      .select(["name", "topic", "isPrivate", peopleInRoom.as("people")])
      .where("kind", "=", "room");
  }

  #known(me: Account) {
    return this.#database
      .selectFrom("conversations")
      .leftJoin("members", (join) =>
        join.onRef("members.conversationId", "=", "conversations.id").on("members.userId", "=", me.id),
      )
      .select(["conversations.name", "conversations.topic", "conversations.isPrivate", "members.state"])
      .select(peopleInRoom.as("people"))
      .where("conversations.kind", "=", "room")
      .where(({ or, eb }) => or([eb("conversations.isPrivate", "=", 0), eb("members.state", "is not", null)]));
  }
}

function ownRoomOf({ state, ...room }: RoomRow & { state: "member" | "invited" | null }): OwnRoom {
  return { room: infoOf(room), membership: state ?? "none" };
}

function infoOf({ name, topic, isPrivate, people }: RoomRow): RoomInfo {
  return { name, topic, isPrivate: isPrivate === 1, people };
}

interface RoomRow {
  readonly name: string;
  readonly topic: string;
  readonly isPrivate: 0 | 1;
  readonly people: number;
}

/** How many rooms somebody is in. */
function roomsOf(me: Account) {
  return sql<number>`(
    select count(*) from members inner join conversations on conversations.id = members."conversationId"
    where members."userId" = ${me.id} and members.state = 'member' and conversations.kind = 'room'
  )`;
}

/** How many people are in the room of a row of `conversations`, in these states. */
function membersOf(...states: ("member" | "invited")[]) {
  return sql<number>`(
    select count(*) from members as others
    where others."conversationId" = conversations.id and others.state in (${sql.join(states)})
  )`;
}
