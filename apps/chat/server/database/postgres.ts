import { Kysely, PostgresDialect } from "kysely";
import { Pool, types } from "pg";
import type { Tables } from "./tables.ts";

/** Connections of one process. */
const maxConnections = 10;
/** How long to wait for a connection, and for the answer to a statement. */
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/** The type of counts, ids and times: 64 bits. */
const int8 = 20;

/** Whether something is the address of a Postgres database, and no path of a file. */
export function isPostgresAddress(location: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(location);
}

/**
 * A database of Postgres, before its tables are there.
 *
 * Connections that break are replaced by new ones; until one is there, statements wait and then fail.
 *
 * @param onProblem hears of connections that broke while nobody used them.
 */
export function postgresDatabase(address: string, onProblem: (problem: Error) => void): Kysely<Tables> {
  const pool = new Pool({
    connectionString: address,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // It would answer them as texts. Ours stay far below 2^53, from which on a number is not exact.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : types.getTypeParser(oid, format)) },
  });
  pool.on("error", onProblem);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
