import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

/**
 * The address that a request comes from, as limits count it: IPv6 by its first 64 bits, which is what one household gets.
 *
 * Behind `proxies` proxies it is what the outermost of them saw: the entry of X-Forwarded-For that far from the right.
 * What stands further left was written by the client, and is not believed.
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  proxies: number,
): string {
  const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
  const told = proxies > 0 ? forwarded.at(-proxies)?.trim() : undefined;
  return countedAddress(told !== undefined && isIP(told) !== 0 ? told : (socket.remoteAddress ?? ""));
}

function countedAddress(address: string): string {
  // A server that listens on IPv6 sees IPv4 this way.
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  // The URL parser writes every spelling of an address in the same one.
  const [left = "", right] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::");
  const groups = left === "" ? [] : left.split(":");
  const rest = right === undefined || right === "" ? [] : right.split(":");
  while (groups.length + rest.length < 8) groups.push("0");
  return `${[...groups, ...rest].slice(0, 4).join(":")}::/64`;
}
