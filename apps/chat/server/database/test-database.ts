import { type Database, openDatabase } from "./database.ts";

let locate: () => Promise<string> = () => Promise.resolve(":memory:");

/** For tests: where new databases are from now on, in this file of tests. They are in memory unless told otherwise. */
export function setTestDatabases(locateNext: () => Promise<string>): void {
  locate = locateNext;
}

/** For tests: a database with nothing in it, of the kind that this file of tests is about. */
export async function openTestDatabase(): Promise<Database> {
  return openDatabase(await locate());
}
