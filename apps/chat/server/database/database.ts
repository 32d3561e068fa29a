import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely, Migrator, SqliteDialect } from "kysely";
import Libsql from "libsql";
import { firstTables } from "./first-tables.ts";
import type { Tables } from "./tables.ts";

/** The chat's database. */
export type Database = Kysely<Tables>;

/** In the order in which they came; a name, once released, never changes. */
const migrations = { "001-first-tables": firstTables };

/**
 * Opens the database in a file, or in memory (`":memory:"`), and brings its tables up to date.
 *
 * Several processes may use one file. What was committed survives the process; the last moments may not survive the machine.
 * Once the last of them has closed it, the file alone holds everything.
 *
 * @throws {Error} when the file cannot be opened, or a migration fails: nothing of it is kept then.
 */
export async function openDatabase(file: string): Promise<Database> {
  if (file !== ":memory:") await makeFile(file);
  const sqlite = new Libsql(file);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = NORMAL");
  sqlite.pragma("busy_timeout = 5000");
  sqlite.pragma("foreign_keys = ON");
  const connection = { prepare: (sql: string) => sqlite.prepare(sql), close: () => closeFile(sqlite) };
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
  const migrator = new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return database;
  await database.destroy();
  throw error instanceof Error ? error : new Error(`The database ${file} could not be brought up to date.`);
}

// What was committed moves from the log beside the file into the file: whoever copies that alone has everything.
function closeFile(sqlite: Libsql.Database): void {
  sqlite.pragma("wal_checkpoint(PASSIVE)");
  sqlite.close();
}

// Digests of passwords and the secret of the cookies are in it: it is for its owner alone. SQLite's other files follow suit.
async function makeFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await (await open(file, "a", 0o600)).close();
}
