import { describe, expect, test } from "vitest";
import { OriginPattern, parseOrigin } from "./origin-pattern.ts";

function matches(pattern: string, origin: string): boolean {
  const parsed = parseOrigin(origin);
  return parsed !== undefined && new OriginPattern(pattern).matches(parsed);
}

describe("OriginPattern", () => {
  test.each([
    ["good.com", "http://good.com"],
    ["good.com", "https://good.com"],
    ["good.com", "https://good.com:8443"],
    ["GOOD.com", "https://good.COM"],
    ["localhost:3000", "http://localhost:3000"],
    ["localhost:3000", "https://localhost:3000"],
    ["good.com:443", "https://good.com"],
    ["good.com:80", "http://good.com"],
    ["127.0.0.1:3000", "http://127.0.0.1:3000"],
    ["http://good.com", "http://good.com"],
    ["http://good.com", "http://good.com:80"],
    ["https://good.com:443", "https://good.com"],
    ["https://good.com:8443", "https://good.com:8443"],
    [".good.com", "http://good.com"],
    [".good.com", "https://www.good.com:9000"],
    [".good.com", "https://a.b.good.com"],
    [".good.com:9000", "https://www.good.com:9000"],
    ["https://.good.com", "https://good.com"],
    ["https://.good.com", "https://www.good.com"],
    ["[::1]", "http://[::1]:3000"],
    ["[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000"],
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["münchen.example", "https://xn--mnchen-3ya.example"],
    ["xn--mnchen-3ya.example", "https://münchen.example"],
    ["capacitor://localhost", "capacitor://localhost"],
    ["chrome-extension://abcdef", "chrome-extension://abcdef"],
  ])("%s lets in %s", (pattern, origin) => {
    expect(matches(pattern, origin)).toBe(true);
  });

  test.each([
    ["good.com", "http://bad.com"],
    ["good.com", "http://www.good.com"],
    ["good.com", "http://good.com.bad.com"],
    ["good.com", "http://notgood.com"],
    ["good.com", "http://good.com."],
    ["localhost:3000", "http://localhost:3001"],
    ["localhost:3000", "http://localhost"],
    ["127.0.0.1:3000", "http://127.0.0.1:4000"],
    ["http://good.com", "https://good.com"],
    ["http://good.com", "http://good.com:8080"],
    ["https://good.com:8443", "https://good.com"],
    [".good.com", "http://notgood.com"],
    [".good.com", "http://good.com.bad.com"],
    ["https://.good.com", "http://www.good.com"],
    ["https://.good.com", "https://www.good.com:8443"],
    ["[::1]:3000", "http://[::2]:3000"],
    ["capacitor://localhost", "http://localhost"],
    ["localhost", "null"],
  ])("%s keeps out %s", (pattern, origin) => {
    expect(matches(pattern, origin)).toBe(false);
  });

  test.each([
    ["*.good.com", 'write ".good.com" for the domain and all its subdomains'],
    ["https://*.good.com", 'write "https://.good.com" for the domain and all its subdomains'],
    ["localhost:*", "a host without a port matches every port"],
    ["good*", 'a "*" stands alone'],
    ["null", 'only "*" lets it in'],
    ["wss://good.com", "begins with http: or https:"],
    ["https://good.com/", "leave out what follows"],
    ["https://good.com/chat", "leave out what follows"],
    ["good.com/chat", "a pattern is a host (example.com)"],
    ["::1", 'stands in brackets, as in "[::1]:3000"'],
    [".127.0.0.1", "an address has no subdomains"],
    [".[::1]", "an address has no subdomains"],
    ["", "a pattern is a host"],
    [".", "a pattern is a host"],
    ["..good.com", "a pattern is a host"],
    ["good.com:", "a pattern is a host"],
    ["good.com:0", "a pattern is a host"],
    ["good.com:65536", "a pattern is a host"],
    ["good.com:abc", "a pattern is a host"],
    ["user@good.com", "a pattern is a host"],
    ["good .com", "a pattern is a host"],
    ["https://", "a pattern is a host"],
    ["[::1", "a pattern is a host"],
  ])("refuses %j and says how to write it", (pattern, rule) => {
    expect(() => new OriginPattern(pattern)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(rule) }),
    );
  });
});

describe("parseOrigin", () => {
  test.each([
    "null",
    "",
    "good.com",
    "http://",
    "https:good.com",
    "//good.com",
    "http://good.com/",
    "http://good.com/path",
    "http://good.com?x",
    "http://good.com#x",
    "http://user@good.com",
    "http://good.com\\@bad.com",
    "http://ex%61mple.com",
    "http://good.com http://bad.com",
    "http://good.com, http://bad.com",
    "http://good.com:99999",
    "http://good.com:port",
    "http://[::1",
    "http://\tgood.com",
    "file://",
    "javascript:alert(1)",
    `http://${"a".repeat(600)}.com`,
  ])("knows no origin in %j", (text) => {
    expect(parseOrigin(text)).toBeUndefined();
  });

  test("takes an origin apart", () => {
    expect(parseOrigin("HTTPS://Good.COM")).toEqual({ scheme: "https", host: "good.com", port: "443" });
    expect(parseOrigin("http://[::1]:3000")).toEqual({ scheme: "http", host: "[::1]", port: "3000" });
    expect(parseOrigin("capacitor://LOCALHOST")).toEqual({ scheme: "capacitor", host: "localhost", port: "" });
  });
});
