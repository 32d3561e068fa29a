import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";

function addressOf(remoteAddress: string | undefined, forwarded?: string, proxies = 0): string {
  // All that is read of a request.
  const request = {
    headers: { "x-forwarded-for": forwarded },
    socket: { remoteAddress },
  } as unknown as IncomingMessage;
  return clientAddress(request, proxies);
}

describe("clientAddress", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    [undefined, ""],
  ])("counts %s as %s", (remote, counted) => {
    expect(addressOf(remote)).toBe(counted);
  });

  test("does not believe a header where no proxy is known of", () => {
    expect(addressOf("192.0.2.1", "203.0.113.7")).toBe("192.0.2.1");
  });

  test.each([
    [1, "203.0.113.7", "203.0.113.7"],
    [1, "10.0.0.1, 203.0.113.7", "203.0.113.7"],
    [2, "10.0.0.1, 203.0.113.7, 198.51.100.1", "203.0.113.7"],
    [1, "10.0.0.1,2001:db8:1:2:3::4", "2001:db8:1:2::/64"],
  ])("takes with %i proxies what the outermost of them saw: %s", (proxies, forwarded, counted) => {
    expect(addressOf("192.0.2.1", forwarded, proxies)).toBe(counted);
  });

  test.each([
    [1, undefined],
    [1, ""],
    [1, "unknown"],
    [1, "203.0.113.7, "],
    [1, "203.0.113.7:4711"],
    [2, "203.0.113.7"],
  ])("takes the socket's with %i proxies and the header %j", (proxies, forwarded) => {
    expect(addressOf("192.0.2.1", forwarded, proxies)).toBe("192.0.2.1");
  });
});
