import { randomBytes } from "node:crypto";
import type { Database } from "../database/database.ts";

/** What signs the cookies when nobody gave a secret: made up once and kept, so that a restart signs nobody out. */
export async function cookieSecret(database: Database): Promise<string> {
  const name = "cookieSecret";
  const value = randomBytes(32).toString("base64url");
  // Of several processes that start at once, the first makes it.
  await database
    .insertInto("settings")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  return (await database.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirstOrThrow())
    .value;
}
