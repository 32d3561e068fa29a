import { type ColumnDefinitionBuilder, type Kysely, type RawBuilder, sql } from "kysely";
import { isPostgres } from "./dialect.ts";

/** The types of columns that SQLite and Postgres call by different names. */
export interface ColumnTypes {
  /** Whole numbers up to 2^53: ids, and times in milliseconds. */
  readonly number: "integer" | "bigint";
  /** Texts that are sorted and searched by their beginnings: character by character, in no language's order. */
  readonly sortedText: "text" | RawBuilder<unknown>;
  /** Makes a column of numbers the table's id, which is never used again: what pages have seen stays behind them. */
  readonly id: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
}

const sqlite: ColumnTypes = {
  // SQLite takes nothing else for the ids that it gives, and keeps 64 bits under this name too.
  number: "integer",
  sortedText: "text",
  id: (column) => column.primaryKey().autoIncrement(),
};

const postgres: ColumnTypes = {
  number: "bigint",
  sortedText: sql`text collate "C"`,
  id: (column) => column.primaryKey().generatedAlwaysAsIdentity(),
};

/** The types of columns in a database. */
export function columnTypes(database: Kysely<unknown>): ColumnTypes {
  return isPostgres(database) ? postgres : sqlite;
}
