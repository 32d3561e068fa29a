import { describe, expect, test } from "vitest";
import { SessionCookie, type SessionCookieOptions } from "./session-cookie.ts";

const written = (options: SessionCookieOptions): string => new SessionCookie(options).set("v", {});

describe("SessionCookie", () => {
  test("is kept from scripts, from plain HTTP and from other sites unless told otherwise", () => {
    expect(written({})).toBe("session=v; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax");
  });

  test("writes what the options say", () => {
    const options = { cookieName: "sid", maxAgeMs: 90_500, secure: false, domain: "chat.example" } as const;
    expect(written({ ...options, sameSite: "strict" })).toBe(
      "sid=v; Path=/; Max-Age=90; Domain=chat.example; HttpOnly; SameSite=Strict",
    );
    expect(written({ sameSite: "none" })).toContain("; Secure; SameSite=None");
  });

  test("may be secure or not for one answer", () => {
    const cookie = new SessionCookie({});
    expect(cookie.set("v", { secure: false })).not.toContain("Secure");
    expect(cookie.clear({ secure: false })).not.toContain("Secure");
    expect(new SessionCookie({ secure: false }).set("v", { secure: true })).toContain("Secure");
  });

  test("is cleared by the same name, path and domain", () => {
    expect(new SessionCookie({ domain: "chat.example" }).clear({})).toBe(
      "session=; Path=/; Max-Age=0; Domain=chat.example; HttpOnly; Secure; SameSite=Lax",
    );
  });

  test.each<[SessionCookieOptions, string]>([
    [{ cookieName: "" }, "cookieName"],
    [{ cookieName: "a b" }, "cookieName"],
    [{ cookieName: "a=b" }, "cookieName"],
    [{ cookieName: "a;b" }, "cookieName"],
    [{ cookieName: "a\n" }, "cookieName"],
    [{ cookieName: "x".repeat(65) }, "cookieName"],
    [{ maxAgeMs: 0 }, "maxAgeMs"],
    [{ maxAgeMs: 999 }, "maxAgeMs"],
    [{ maxAgeMs: 1_000.5 }, "maxAgeMs"],
    [{ maxAgeMs: Infinity }, "maxAgeMs"],
    [{ maxAgeMs: Number.NaN }, "maxAgeMs"],
    [{ maxAgeMs: 34_560_000_001 }, "maxAgeMs"],
    [{ sameSite: "Lax" as "lax" }, "sameSite"],
    [{ sameSite: "constructor" as "lax" }, "sameSite"],
    [{ secure: "yes" as unknown as boolean }, "secure"],
    [{ domain: "a; HttpOnly" }, "domain"],
    [{ domain: "" }, "domain"],
    [{ domain: "chat.example", cookieName: "__Host-session" }, "domain"],
    [{ secure: false, cookieName: "__Host-session" }, "secure"],
    [{ secure: false, cookieName: "__Secure-session" }, "secure"],
    [{ secure: false, sameSite: "none" }, "secure"],
  ])("refuses %j, naming %s", (options, option) => {
    expect(() => new SessionCookie(options)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", details: expect.objectContaining({ option }) }),
    );
  });

  test("refuses one answer that browsers would refuse", () => {
    const cookie = new SessionCookie({ cookieName: "__Host-session" });
    expect(() => cookie.set("v", { secure: false })).toThrow(
      'The option "secure" is false: browsers refuse a cookie named __Host-session that is not secure.',
    );
  });
});
