import type { Kysely, Migration } from "kysely";
import { columnTypes } from "./columns.ts";

/** The tables of the first version that kept anything. */
export const firstTables: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await makeAccounts(database);
    await makeConversations(database);
    await makeMessages(database);
    await makeGivenRooms(database);
  },
};

async function makeAccounts(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  const { number, id, sortedText } = columnTypes(database);
  await schema
    .createTable("users")
    .addColumn("id", number, id)
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("nameKey", sortedText, (column) => column.notNull().unique())
    .addColumn("password", "text", (column) => column.notNull())
    .addColumn("isAdmin", "integer", (column) => column.notNull())
    .addColumn("createdAt", number, (column) => column.notNull())
    .execute();
  await schema
    .createTable("sessions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("userId", number, (column) => column.notNull().references("users.id"))
    .addColumn("createdAt", number, (column) => column.notNull())
    .addColumn("expiresAt", number, (column) => column.notNull())
    .execute();
  await schema.createIndex("sessionsOfUser").on("sessions").column("userId").execute();
  await schema.createIndex("sessionsByEnd").on("sessions").column("expiresAt").execute();
}

async function makeConversations(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  const { number, id } = columnTypes(database);
  await schema
    .createTable("conversations")
    .addColumn("id", number, id)
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("topic", "text", (column) => column.notNull().defaultTo(""))
    .addColumn("isPrivate", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("createdBy", number, (column) => column.references("users.id"))
    .addColumn("createdAt", number, (column) => column.notNull())
    .addUniqueConstraint("oneOfAName", ["kind", "name"])
    .execute();
  await schema.createIndex("conversationsMadeBy").on("conversations").column("createdBy").execute();
  await schema
    .createTable("members")
    .addColumn("conversationId", number, (column) => column.notNull().references("conversations.id"))
    .addColumn("userId", number, (column) => column.notNull().references("users.id"))
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("deliveredTo", number, (column) => column.notNull().defaultTo(0))
    .addColumn("readTo", number, (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint("once", ["conversationId", "userId"])
    .execute();
  await schema.createIndex("conversationsOfUser").on("members").columns(["userId", "state"]).execute();
}

async function makeMessages(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  const { number, id } = columnTypes(database);
  await schema
    .createTable("messages")
    .addColumn("id", number, id)
    .addColumn("revision", number, (column) => column.notNull().unique())
    .addColumn("conversationId", number, (column) => column.notNull().references("conversations.id"))
    .addColumn("authorId", number, (column) => column.notNull().references("users.id"))
    .addColumn("clientId", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("createdAt", number, (column) => column.notNull())
    .addUniqueConstraint("storedOnce", ["authorId", "clientId"])
    .execute();
  await schema.createIndex("history").on("messages").columns(["conversationId", "id"]).execute();
  await schema.createIndex("changes").on("messages").columns(["conversationId", "revision"]).execute();
  await schema
    .createTable("announcements")
    .addColumn("id", number, id)
    .addColumn("authorId", number, (column) => column.notNull().references("users.id"))
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("createdAt", number, (column) => column.notNull())
    .execute();
  await schema
    .createTable("settings")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

async function makeGivenRooms(database: Kysely<unknown>): Promise<void> {
  const rooms = ["lobby", "ideas", "random"].map((name) => ({ kind: "room", name, createdAt: Date.now() }));
  await (database as Kysely<Record<string, Record<string, unknown>>>)
    .insertInto("conversations")
    .values(rooms)
    .execute();
}
