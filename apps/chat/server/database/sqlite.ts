import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely, SqliteDialect } from "kysely";
import Libsql from "libsql";
import type { Tables } from "./tables.ts";

/** A database of SQLite in a file, or in memory (`":memory:"`), before its tables are there. */
export async function sqliteDatabase(file: string): Promise<Kysely<Tables>> {
  if (file !== ":memory:") await makeFile(file);
  const sqlite = new Libsql(file);
  // First: even the change to a log waits for others who use the file.
  sqlite.pragma("busy_timeout = 5000");
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = NORMAL");
  sqlite.pragma("foreign_keys = ON");
  const connection = { prepare: (sql: string) => sqlite.prepare(sql), close: () => closeFile(sqlite) };
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
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
