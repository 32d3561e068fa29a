import { describe, expect, test } from "vitest";
import { Passwords, PasswordsBusy } from "./password.ts";

const cheap = { N: 16, r: 8, p: 1 };

describe("Passwords", () => {
  test("know a password again, and no other", async () => {
    const passwords = new Passwords(cheap);
    const digest = await passwords.digest(" pass word ");
    expect(await passwords.matches(" pass word ", digest)).toBe(true);
    for (const other of ["pass word", " pass word", " Pass word ", ""]) {
      expect(await passwords.matches(other, digest)).toBe(false);
    }
  });

  test("keep nothing that tells the password, or that two people have the same", async () => {
    const passwords = new Passwords(cheap);
    const [one, two] = [await passwords.digest("correct horse"), await passwords.digest("correct horse")];
    expect(one).toMatch(/^scrypt\$16\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
  });

  test("know a password that was kept at another cost", async () => {
    const digest = await new Passwords(cheap).digest("correct horse");
    const dearer = new Passwords({ N: 64, r: 4, p: 2 });
    expect(await dearer.matches("correct horse", digest)).toBe(true);
    expect(await dearer.digest("correct horse")).toMatch(/^scrypt\$64\$4\$2\$/);
  });

  test("take the same letters from another keyboard", async () => {
    const passwords = new Passwords(cheap);
    expect(await passwords.matches("schlu\u0308ssel", await passwords.digest("schlüssel"))).toBe(true);
  });

  test("let 50 wait, refuse more at once, and take new ones when those are done", async () => {
    const passwords = new Passwords(cheap);
    const many = Array.from({ length: 60 }, (_, number) => passwords.digest(`password ${number}`));
    const results = await Promise.allSettled(many);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(54);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.every(({ reason }) => reason instanceof PasswordsBusy)).toBe(true);
    expect(await passwords.digest("one more")).toContain("scrypt");
  });

  test("stand a password of the greatest length at the greatest cost they are used with", async () => {
    const passwords = new Passwords({ N: 2 ** 15, r: 8, p: 3 });
    const password = "ß".repeat(200);
    expect(await passwords.matches(password, await passwords.digest(password))).toBe(true);
  });

  test("refuse a digest of another kind instead of calling it wrong", async () => {
    await expect(new Passwords(cheap).matches("password", "plain$password")).rejects.toThrow(/digest of a kind/);
  });
});
