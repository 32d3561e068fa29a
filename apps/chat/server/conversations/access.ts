import type { SelectQueryBuilder } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Somebody with an account. */
export interface Account {
  readonly id: number;
  readonly name: string;
}

/**
 * The conversations that somebody may read and write, as a part of the query that does so.
 *
 * Whoever asks is checked in the same statement that reads or changes, so there is no moment between.
 */
export interface Access {
  /** How a column is compared with `ids`: `=` where it is one conversation at most, which SQLite has an index for. */
  readonly is: "=" | "in";
  readonly ids: SelectQueryBuilder<Tables, "conversations" | "members", { id: number }>;
}

/** A room, for its members. */
export function roomAccess(database: Database, me: Account, room: string): Access {
  return { is: "=", ids: joined(database, me).where("kind", "=", "room").where("conversations.name", "=", room) };
}

/** The direct conversation of two people, for one of them. */
export function directAccess(database: Database, me: Account, other: Account): Access {
  const ids = joined(database, me).where("kind", "=", "direct").where("conversations.name", "=", directName(me, other));
  return { is: "=", ids };
}

/** All direct conversations of one person. */
export function ownDirectsAccess(database: Database, me: Account): Access {
  return { is: "in", ids: joined(database, me).where("kind", "=", "direct") };
}

/** The name of the direct conversation of two people, whoever began it. */
export function directName(one: Account, other: Account): string {
  return one.id < other.id ? `${one.id}:${other.id}` : `${other.id}:${one.id}`;
}

function joined(database: Database, me: Account): Access["ids"] {
  return database
    .selectFrom("conversations")
    .innerJoin("members", "members.conversationId", "conversations.id")
    .select("conversations.id")
    .where("members.userId", "=", me.id)
    .where("members.state", "=", "member");
}
