import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";

const secret = "0123456789abcdef0123456789abcdef";

describe("readConfig", () => {
  test("needs nothing, and makes up another secret each time", () => {
    const config = readConfig({});
    expect(config).toMatchObject({ port: 8_000, adminName: "admin", isHttps: false });
    expect(config.secret.length).toBeGreaterThanOrEqual(32);
    expect(readConfig({}).secret).not.toBe(config.secret);
  });

  test("takes what it is given, and an empty variable for none", () => {
    const env = { PORT: "8080", CHAT_ADMIN: " Zoë ", CHAT_SECRET: secret, CHAT_HTTPS: "1" };
    expect(readConfig(env)).toEqual({ port: 8_080, adminName: "Zoë", secret, isHttps: true });
    expect(readConfig({ PORT: "", CHAT_HTTPS: "" })).toMatchObject({ port: 8_000, isHttps: false });
  });

  test.each([
    [{ PORT: "65536" }, "PORT is wrong"],
    [{ PORT: "-1" }, "PORT is wrong"],
    [{ PORT: "8e3" }, "PORT is wrong"],
    [{ CHAT_ADMIN: "x".repeat(25) }, "CHAT_ADMIN is wrong"],
    [{ CHAT_HTTPS: "yes" }, "CHAT_HTTPS is wrong"],
  ])("refuses %j", (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
  });

  test("never repeats a secret in its message", () => {
    expect(() => readConfig({ CHAT_SECRET: "hunter2" })).toThrow(/^(?!.*hunter2)/s);
  });
});
