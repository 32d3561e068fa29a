import { randomUUID } from "node:crypto";
import { nameKey, type Person } from "../accounts/person.ts";
import type { Database } from "../database/database.ts";

/** For tests: people with an account and a session, as signing in makes them. */
export async function addPeople<Name extends string>(
  database: Database,
  ...names: Name[]
): Promise<Record<Name, Person>> {
  const people = await Promise.all(names.map((name) => addPerson(database, name)));
  return Object.fromEntries(people.map((person) => [person.name, person])) as Record<Name, Person>;
}

/** For tests: one more. Who is called Admin is the admin. */
export async function addPerson(database: Database, name: string): Promise<Person> {
  const isAdmin = name === "Admin";
  const at = Date.now();
  const { id } = await database
    .insertInto("users")
    .values({ name, nameKey: nameKey(name), password: "", isAdmin: isAdmin ? 1 : 0, createdAt: at })
    .returning("id")
    .executeTakeFirstOrThrow();
  const session = randomUUID();
  await database
    .insertInto("sessions")
    .values({ id: session, userId: id, createdAt: at, expiresAt: at + 60_000 })
    .execute();
  return { id, name, isAdmin, session };
}

/** For tests: a message as a page sends it, with a `clientId` that nobody has used. */
export function draft(text: string): { clientId: string; text: string } {
  return { clientId: randomUUID(), text };
}
