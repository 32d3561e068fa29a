import { type Kysely, Migrator, sql } from "kysely";
import { isPostgres } from "./dialect.ts";
import { firstTables } from "./first-tables.ts";
import { isPostgresAddress, postgresDatabase } from "./postgres.ts";
import { presenceTables } from "./presence-tables.ts";
import { sqliteDatabase } from "./sqlite.ts";
import type { Tables } from "./tables.ts";

/** The chat's database. */
export type Database = Kysely<Tables>;

/** In the order in which they came; a name, once released, never changes. */
const migrations = { "001-first-tables": firstTables, "002-presence": presenceTables };

/**
 * Opens the database and brings its tables up to date: `postgres://…`, or SQLite in a file or in memory (`":memory:"`).
 *
 * Several processes may use one, and open it at the same moment. What was committed survives the process; of a file, the last
 * moments may not survive the machine. Once the last of them has closed it, the file alone holds everything.
 *
 * @param onProblem hears of connections to Postgres that broke while nobody used them.
 * @throws {Error} when it cannot be opened, or a migration fails: nothing of it is kept then.
 */
export async function openDatabase(
  location: string,
  onProblem: (problem: Error) => void = () => undefined,
): Promise<Database> {
  try {
    return await open(location, onProblem);
  } catch (error) {
    throw new Error(`The database of CHAT_DATABASE cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

async function open(location: string, onProblem: (problem: Error) => void): Promise<Database> {
  const database = isPostgresAddress(location) ? postgresDatabase(location, onProblem) : await sqliteDatabase(location);
  try {
    await (isPostgres(database) ? migrate(database) : migrateFile(database));
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

// Kysely takes a lock on Postgres while it migrates, and on SQLite nothing: there, all is one transaction that writes.
async function migrateFile(database: Database): Promise<void> {
  await database.connection().execute(async (connection) => {
    await sql`begin immediate`.execute(connection);
    try {
      await migrate(connection);
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection);
      throw error;
    }
  });
}

async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw error instanceof Error ? error : new Error("The database could not be brought up to date.");
}
