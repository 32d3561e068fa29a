import type { Kysely, Migration } from "kysely";

/** The tables of the first version that kept anything. */
export const firstTables: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await makeAccounts(database);
    await makeConversations(database);
    await makeMessages(database);
    await makeGivenRooms(database);
  },
};

async function makeAccounts({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("users")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("nameKey", "text", (column) => column.notNull().unique())
    .addColumn("password", "text", (column) => column.notNull())
    .addColumn("isAdmin", "integer", (column) => column.notNull())
    .addColumn("createdAt", "integer", (column) => column.notNull())
    .execute();
  await schema
    .createTable("sessions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("userId", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("createdAt", "integer", (column) => column.notNull())
    .addColumn("expiresAt", "integer", (column) => column.notNull())
    .execute();
  await schema.createIndex("sessionsOfUser").on("sessions").column("userId").execute();
  await schema.createIndex("sessionsByEnd").on("sessions").column("expiresAt").execute();
}

async function makeConversations({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("conversations")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("topic", "text", (column) => column.notNull().defaultTo(""))
    .addColumn("isPrivate", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("createdBy", "integer", (column) => column.references("users.id"))
    .addColumn("createdAt", "integer", (column) => column.notNull())
    .addUniqueConstraint("oneOfAName", ["kind", "name"])
    .execute();
  await schema.createIndex("conversationsMadeBy").on("conversations").column("createdBy").execute();
  await schema
    .createTable("members")
    .addColumn("conversationId", "integer", (column) => column.notNull().references("conversations.id"))
    .addColumn("userId", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("deliveredTo", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("readTo", "integer", (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint("once", ["conversationId", "userId"])
    .execute();
  await schema.createIndex("conversationsOfUser").on("members").columns(["userId", "state"]).execute();
}

async function makeMessages({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("messages")
    // Never used again, even when the newest is gone: what pages have seen stays behind them.
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("revision", "integer", (column) => column.notNull().unique())
    .addColumn("conversationId", "integer", (column) => column.notNull().references("conversations.id"))
    .addColumn("authorId", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("clientId", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("createdAt", "integer", (column) => column.notNull())
    .addUniqueConstraint("storedOnce", ["authorId", "clientId"])
    .execute();
  await schema.createIndex("history").on("messages").columns(["conversationId", "id"]).execute();
  await schema.createIndex("changes").on("messages").columns(["conversationId", "revision"]).execute();
  await schema
    .createTable("announcements")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("authorId", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("createdAt", "integer", (column) => column.notNull())
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
