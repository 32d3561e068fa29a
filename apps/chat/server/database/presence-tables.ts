import type { Kysely, Migration } from "kysely";
import { columnTypes } from "./columns.ts";

/** The tables of who is where, on all nodes. */
export const presenceTables: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const { schema } = database;
    const { number } = columnTypes(database);
    await schema
      .createTable("presenceNodes")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("aliveUntil", number, (column) => column.notNull())
      .execute();
    await schema.createIndex("nodesByEnd").on("presenceNodes").column("aliveUntil").execute();
    await schema
      .createTable("presenceConnections")
      .addColumn("connection", "text", (column) => column.primaryKey())
      .addColumn("place", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("node", "text", (column) => column.notNull())
      .execute();
    await schema.createIndex("connectionsOfNode").on("presenceConnections").column("node").execute();
    await schema
      .createTable("presencePeople")
      .addColumn("place", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("connections", number, (column) => column.notNull())
      .addPrimaryKeyConstraint("onceInAPlace", ["place", "person"])
      .execute();
  },
};
