import type { Scope } from "../connection/scope.ts";

/** A `Cookie` header as Node, Express or `Headers.get` give it. */
export type CookieHeader = string | readonly string[] | null | undefined;

// As long as all headers together may be by default: longer ones come from no browser.
const maxHeaderLength = 16_384;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The cookies of a connection, by name.
 *
 * Every `Cookie` header is read (RFC 6265 section 5.4). Quotes around a value are taken off and nothing else is decoded;
 * of several cookies with one name the first counts; what has no name or no `=` is left out. Headers of more than 16,384
 * characters are not read at all.
 */
export function cookies(scope: Pick<Scope, "headers">): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of cookiePairs(scope.headers["cookie"])) {
    if (!found.has(name)) found.set(name, value);
  }
  return found;
}

/** The different values of one cookie, in the order of the header: more than one when somebody set it twice. */
export function cookieValues(header: CookieHeader, name: string): string[] {
  const values = cookiePairs(header).filter((pair) => pair[0] === name);
  return [...new Set(values.map((pair) => pair[1]))];
}

function cookiePairs(header: CookieHeader): [name: string, value: string][] {
  const text = typeof header === "string" ? header : (header ?? []).join("; ");
  if (text.length > maxHeaderLength) return [];
  const pairs: [string, string][] = [];
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    if (equals < 0) continue;
    const name = trim(part.slice(0, equals));
    if (token.test(name)) pairs.push([name, unquote(trim(part.slice(equals + 1)))]);
  }
  return pairs;
}

// Only spaces and tabs are white space in a header: `String.trim` would take Unicode's away as well.
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
