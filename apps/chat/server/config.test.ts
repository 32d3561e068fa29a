import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";

const secret = "0123456789abcdef0123456789abcdef";

describe("readConfig", () => {
  test("needs nothing", () => {
    expect(readConfig({})).toMatchObject({
      port: 8_000,
      database: expect.stringMatching(/[/\\]apps[/\\]chat[/\\]data[/\\]chat\.sqlite$/),
      adminName: "admin",
      adminPassword: undefined,
      secret: undefined,
      isHttps: false,
      proxies: 0,
      signUpsPerHour: 30,
      logLevel: "info",
      redis: undefined,
      redisPrefix: "chat",
      node: "node-1",
      nodes: 1,
    });
  });

  test("takes where Redis is from CHAT_REDIS, and from REDIS_URL where that is not set", () => {
    const REDIS_URL = "redis://127.0.0.1:6379";
    expect(readConfig({ REDIS_URL }).redis).toBe(REDIS_URL);
    expect(readConfig({ REDIS_URL, CHAT_REDIS: "rediss://other:6380/2" }).redis).toBe("rediss://other:6380/2");
  });

  test("refuses several nodes on a database in memory", () => {
    expect(() => readConfig({ CHAT_NODES: "2", CHAT_DATABASE: ":memory:" })).toThrow(
      /^CHAT_DATABASE is wrong: several /,
    );
    expect(readConfig({ CHAT_NODES: "2", CHAT_DATABASE: "postgres://chat@db/chat" }).nodes).toBe(2);
  });

  test("takes what it is given, and an empty variable for none", () => {
    const config = readConfig({
      PORT: "8080",
      CHAT_DATABASE: "chat.db",
      CHAT_ADMIN: " Zoë ",
      CHAT_ADMIN_PASSWORD: "  with blanks  ",
      CHAT_SECRET: secret,
      CHAT_HTTPS: "1",
      CHAT_PROXIES: "2",
      CHAT_SIGN_UPS_PER_HOUR: "500",
      CHAT_LOG_LEVEL: "warn",
    });
    expect(config).toMatchObject({
      port: 8_080,
      database: "chat.db",
      adminName: "Zoë",
      adminPassword: "  with blanks  ",
      secret,
      isHttps: true,
      proxies: 2,
      signUpsPerHour: 500,
      logLevel: "warn",
    });
    expect(readConfig({ PORT: "", CHAT_HTTPS: "", CHAT_DATABASE: "" })).toEqual(readConfig({}));
  });

  test.each([
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "8e3"],
    ["CHAT_ADMIN", "x".repeat(25)],
    ["CHAT_ADMIN_PASSWORD", "hunter2"],
    ["CHAT_ADMIN_PASSWORD", "x".repeat(201)],
    ["CHAT_SECRET", "hunter2"],
    ["CHAT_HTTPS", "yes"],
    ["CHAT_PROXIES", "11"],
    ["CHAT_SIGN_UPS_PER_HOUR", "0"],
    ["CHAT_LOG_LEVEL", "loud"],
    ["CHAT_REDIS", "https://redis:6379"],
    ["REDIS_URL", "redis on this machine"],
    ["CHAT_REDIS_PREFIX", "a prefix"],
    ["CHAT_NODE", "n".repeat(33)],
    ["CHAT_NODES", "0"],
    ["CHAT_NODES", "65"],
  ])("refuses %s=%s with a sentence that says what to set, and never the value", (name, value) => {
    let message = "";
    try {
      readConfig({ [name]: value });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(new RegExp(`^${name} is wrong: set it to .+\\.$`));
    expect(message).not.toContain(value.length > 2 ? value : `=${value}`);
  });

  test("says all that is wrong at once", () => {
    expect(() => readConfig({ PORT: "x", CHAT_HTTPS: "x" })).toThrow(/^PORT is wrong.*\nCHAT_HTTPS is wrong/);
  });
});
