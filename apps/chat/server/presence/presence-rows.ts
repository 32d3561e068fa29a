import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import { databaseTime } from "../database/dialect.ts";
import type { Tables } from "../database/tables.ts";

/** A connection of somebody in a place. */
export interface Visit {
  readonly place: string;
  readonly person: string;
  readonly connection: string;
}

/** Somebody in a place. */
export type Whereabouts = Omit<Visit, "connection">;

/** Somebody who was nowhere in a place before, or is no longer: with the first connection, or with the last. */
export interface Change extends Whereabouts {
  readonly isHere: boolean;
}

/** Connections that are to be noted, and those that are over. */
export interface Batch {
  readonly come: readonly Visit[];
  readonly gone: readonly string[];
}

/** Rows that one statement changes at most. */
export const rowsAtOnce = 200;

/** Nodes that one look for dead ones finds at most; the others wait for the next. */
const nodesAtOnce = 100;

/** How long a dead node is looked after: it may not know yet that it is dead, and still note somebody. */
const mourningMs = 60_000;

/** Names that a place tells at most. */
const maxNames = 5_000;

/**
 * The rows of who is where: every statement of presence.
 *
 * How many connections somebody has is one row, changed in the transaction that notes them: so of several nodes, exactly one
 * learns that it was the first or the last, on Postgres too. Rows change in one order everywhere, so that none waits in a
 * circle.
 */
export class PresenceRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Begins the life of a node. */
  async begin(node: { id: string; name: string }, leaseMs: number): Promise<void> {
    const aliveUntil = this.#in(leaseMs);
    await this.#database
      .insertInto("presenceNodes")
      .values({ ...node, aliveUntil })
      .execute();
  }

  /** Prolongs the life of a node; answers false when it counts as dead already. */
  async renew(node: string, leaseMs: number): Promise<boolean> {
    const renewed = await this.#database
      .updateTable("presenceNodes")
      .set({ aliveUntil: this.#in(leaseMs) })
      .where("id", "=", node)
      .where("aliveUntil", ">=", databaseTime(this.#database))
      .returning("id")
      .executeTakeFirst();
    return renewed !== undefined;
  }

  /** Nodes that have not prolonged their lives. */
  async dead(): Promise<string[]> {
    const nodes = await this.#database
      .selectFrom("presenceNodes")
      .select("id")
      .where("aliveUntil", "<", databaseTime(this.#database))
      .orderBy("aliveUntil")
      .limit(nodesAtOnce)
      .execute();
    return nodes.map(({ id }) => id);
  }

  /** Notes connections of a node, and takes away others; `rowsAtOnce` of each at most. */
  apply(node: string, { come, gone }: Batch): Promise<Change[]> {
    return this.#database.transaction().execute(async (transaction) => {
      const added = await add(transaction, node, come);
      const removed = gone.length === 0 ? [] : await remove(transaction, gone);
      return this.#change(transaction, added, removed);
    });
  }

  /** Takes away some of what a node has left behind; `isEmpty` when there was nothing. */
  async clear(node: string): Promise<{ changes: Change[]; isEmpty: boolean }> {
    return this.#database.transaction().execute(async (transaction) => {
      // Writes first: another process on the same SQLite file waits here, and not in the middle.
      const removed = await transaction
        .deleteFrom("presenceConnections")
        .where("connection", "in", (query) =>
          query.selectFrom("presenceConnections").select("connection").where("node", "=", node).limit(rowsAtOnce),
        )
        // Again: on Postgres a row may have been taken over by a node that came back while this waited for it.
        .where("node", "=", node)
        .returning(["place", "person"])
        .execute();
      return { changes: await this.#change(transaction, [], removed), isEmpty: removed.length === 0 };
    });
  }

  /** Forgets a node that has left nothing behind. */
  async forget(node: string): Promise<void> {
    await this.#database.deleteFrom("presenceNodes").where("id", "=", node).execute();
  }

  /** Forgets nodes that have been dead for long. */
  async forgetDead(): Promise<void> {
    await this.#database.deleteFrom("presenceNodes").where("aliveUntil", "<", this.#in(-mourningMs)).execute();
  }

  /** The names of all who are in a place. */
  async names(place: string): Promise<string[]> {
    const rows = await this.#database
      .selectFrom("presencePeople")
      .select("person")
      .where("place", "=", place)
      .orderBy("person")
      .limit(maxNames)
      .execute();
    return rows.map(({ person }) => person);
  }

  /** Whether somebody is in a place. */
  async has({ place, person }: Whereabouts): Promise<boolean> {
    const row = this.#database
      .selectFrom("presencePeople")
      .select("person")
      .where("place", "=", place)
      .where("person", "=", person);
    return (await row.executeTakeFirst()) !== undefined;
  }

  #in(ms: number) {
    return sql<number>`${databaseTime(this.#database)} + ${sql.lit(ms)}`;
  }

  async #change(
    transaction: Transaction<Tables>,
    added: readonly Whereabouts[],
    removed: readonly Whereabouts[],
  ): Promise<Change[]> {
    const changes: Change[] = [];
    for (const { by, ...somebody } of differences(added, removed)) {
      const { place, person } = somebody;
      const row = await transaction
        .insertInto("presencePeople")
        .values({ place, person, connections: by })
        .onConflict((conflict) =>
          conflict.columns(["place", "person"]).doUpdateSet((row) => ({
            connections: row("presencePeople.connections", "+", row.ref("excluded.connections")),
          })),
        )
        .returning("connections")
        .executeTakeFirstOrThrow();
      if (row.connections <= 0) {
        await transaction
          .deleteFrom("presencePeople")
          .where("place", "=", place)
          .where("person", "=", person)
          .execute();
        changes.push({ ...somebody, isHere: false });
      } else if (row.connections === by) changes.push({ ...somebody, isHere: true });
    }
    return changes;
  }
}

async function add(transaction: Transaction<Tables>, node: string, come: readonly Visit[]): Promise<Whereabouts[]> {
  if (come.length === 0) return [];
  const connections = come.map(({ connection }) => connection);
  // Those that are noted already change their node, and are nothing new.
  const known = await transaction
    .updateTable("presenceConnections")
    .set({ node })
    .where("connection", "in", connections)
    .returning("connection")
    .execute();
  const knownConnections = new Set(known.map(({ connection }) => connection));
  const rows = come.filter(({ connection }) => !knownConnections.has(connection)).map((visit) => ({ ...visit, node }));
  if (rows.length === 0) return [];
  return transaction.insertInto("presenceConnections").values(rows).returning(["place", "person"]).execute();
}

function remove(transaction: Transaction<Tables>, gone: readonly string[]): Promise<Whereabouts[]> {
  return transaction
    .deleteFrom("presenceConnections")
    .where("connection", "in", gone)
    .returning(["place", "person"])
    .execute();
}

/** By how many connections each has more or less, in the order in which rows are changed. */
function differences(
  added: readonly Whereabouts[],
  removed: readonly Whereabouts[],
): (Whereabouts & { readonly by: number })[] {
  const sums = new Map<string, Whereabouts & { by: number }>();
  const count = ({ place, person }: Whereabouts, by: number): void => {
    const key = JSON.stringify([place, person]);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { place, person, by });
    else sum.by += by;
  };
  for (const each of added) count(each, 1);
  for (const each of removed) count(each, -1);
  const keys = [...sums.keys()].sort();
  return keys.flatMap((key) => {
    const sum = sums.get(key);
    return sum === undefined || sum.by === 0 ? [] : [sum];
  });
}
