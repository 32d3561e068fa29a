import { expect, test } from "vitest";
import { openTestDatabase } from "../database/test-database.ts";
import { cookieSecret } from "./cookie-secret.ts";

test("the cookies' secret is made up once for a database, and another for the next", async () => {
  const [one, two] = [await openTestDatabase(), await openTestDatabase()];
  const secrets = await Promise.all([cookieSecret(one), cookieSecret(one), cookieSecret(two)]);
  expect(secrets[0]).toMatch(/^[\w-]{43}$/);
  expect(secrets[1]).toBe(secrets[0]);
  expect(secrets[2]).not.toBe(secrets[0]);
  await Promise.all([one.destroy(), two.destroy()]);
});
