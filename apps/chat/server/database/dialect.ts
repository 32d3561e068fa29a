import { PostgresAdapter, type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

// SQLite and Postgres take the same statements but for what stands here. Names in raw SQL are quoted: Postgres would write
// them in lower case.

/** What must not be done twice at a time; the numbers are Postgres' names for it, and mean nothing else. */
const locks = { revisions: 0x50_1e_01, conversations: 0x50_1e_02 };

/** Something of which one at a time is done, in all processes together. */
export type Lock = keyof typeof locks;

/** Whether a database is Postgres; else it is SQLite. */
export function isPostgres(database: Pick<Database, "getExecutor">): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Runs one statement that counts on what it reads until it has written.
 *
 * SQLite has one writer at a time, so nothing happens within a statement that writes. On Postgres it waits for its turn.
 */
export function inTurn<Result>(
  database: Database,
  lock: Lock,
  statement: (database: Database) => Promise<Result>,
): Promise<Result> {
  return isPostgres(database) ? transactionInTurn(database, lock, statement) : statement(database);
}

/**
 * Runs a transaction that counts on what it reads until it has written. Its first statement must write: so another process
 * on the same SQLite file waits at its beginning, and not in the middle.
 */
export function transactionInTurn<Result>(
  database: Database,
  lock: Lock,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.transaction().execute(async (transaction) => {
    if (isPostgres(database)) await sql`select pg_advisory_xact_lock(${sql.lit(locks[lock])})`.execute(transaction);
    return work(transaction);
  });
}

/** The smaller of two values. */
export function smaller(database: Database, one: unknown, other: unknown): RawBuilder<number> {
  return sql`${sql.raw(isPostgres(database) ? "least" : "min")}(${one}, ${other})`;
}

/** The greater of two values. */
export function greater(database: Database, one: unknown, other: unknown): RawBuilder<number> {
  return sql`${sql.raw(isPostgres(database) ? "greatest" : "max")}(${one}, ${other})`;
}

/** The time by the clock that all processes of a database share, in milliseconds since 1970. */
export function databaseTime(database: Database): RawBuilder<number> {
  return isPostgres(database)
    ? sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
    : sql`cast(unixepoch('subsec') * 1000 as integer)`;
}
