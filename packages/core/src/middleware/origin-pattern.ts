import { SolentError } from "../errors/solent-error.ts";

/** Where a page comes from: an `Origin` header, taken apart. All lower case, hosts in punycode, IPv6 in brackets. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
  /** The port as digits, the scheme's own where none is written; `""` for schemes that have none. */
  readonly port: string;
}

// A host of 253 characters, the longest scheme in use, and a port fit easily.
const maxOriginLength = 512;
// What a browser writes (RFC 6454 section 6.2): no path, no user, nothing that a URL parser would repair.
const originForm = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\%]+)$/i;
const defaultPorts: Readonly<Record<string, string>> = { http: "80", https: "443" };

function defaultPort(scheme: string): string {
  return Object.hasOwn(defaultPorts, scheme) ? (defaultPorts[scheme] as string) : "";
}

/** Takes an origin apart; `undefined` for `null`, empty and everything else that is none. */
export function parseOrigin(text: string): Origin | undefined {
  if (text.length > maxOriginLength) return undefined;
  const [, scheme, authority] = originForm.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const url = parseUrl(text);
  if (url === undefined || url.hostname === "") return undefined;
  const lower = scheme.toLowerCase();
  return { scheme: lower, host: url.hostname.toLowerCase(), port: url.port === "" ? defaultPort(lower) : url.port };
}

/** A host name as `Origin` has it (lower case, punycode, addresses in their one form), or `undefined` for none. */
function parseHost(text: string): string | undefined {
  if (/[\s/?#@\\%]/.test(text)) return undefined;
  return parseUrl(`http://${text}`)?.hostname;
}

function parseUrl(text: string): URL | undefined {
  // `URL.canParse` and `URL.parse` are younger than the oldest Node that is supported.
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const patternForm = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\.?)(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/i;

const kinds =
  "a pattern is a host (example.com), a host and a port (localhost:3000), a domain and its subdomains (.example.com), " +
  'either of them with a scheme (https://example.com), "same-host", or "*"';

/** A pattern for origins. What it leaves out matches whatever is there. */
export class OriginPattern {
  readonly #scheme: string | undefined;
  readonly #host: string;
  readonly #port: string | undefined;
  readonly #withSubdomains: boolean;

  /** @throws {SolentError} CONFIG_INVALID with a sentence that says how to write it. */
  constructor(text: string) {
    const rule = problemOf(text);
    const [, scheme, dot, host = "", port] = patternForm.exec(text) ?? [];
    const name = rule === undefined && host !== "" && !host.startsWith(".") ? parseHost(host) : undefined;
    if (name === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1) throw invalid(text, rule ?? kinds);
    this.#withSubdomains = dot === ".";
    if (this.#withSubdomains && isAddress(name)) throw invalid(text, "an address has no subdomains");
    this.#scheme = scheme?.toLowerCase();
    this.#host = name;
    // With a scheme a port that is not written is the scheme's own; without one every port matches.
    this.#port = port === undefined ? this.#scheme && defaultPort(this.#scheme) : String(Number(port));
  }

  matches(origin: Origin): boolean {
    if (this.#scheme !== undefined && this.#scheme !== origin.scheme) return false;
    if (this.#port !== undefined && this.#port !== origin.port) return false;
    if (this.#host === origin.host) return true;
    return this.#withSubdomains && origin.host.endsWith(`.${this.#host}`);
  }
}

// The mistakes people make, each with the sentence that helps.
function problemOf(text: string): string | undefined {
  if (text.includes("*."))
    return `write "${text.replace("*.", ".").slice(0, 300)}" for the domain and all its subdomains`;
  if (text.includes("*")) return 'a "*" stands alone and matches everything; a host without a port matches every port';
  if (text.toLowerCase() === "null")
    return '"null" is the origin of every sandboxed page on the web; only "*" lets it in';
  if (/^wss?:\/\//i.test(text)) return "the Origin of a page begins with http: or https:, whatever its socket uses";
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]+[/?#]/i.test(text))
    return "an origin ends with its host or port: leave out what follows";
  if (/^[0-9a-f:.]*:[0-9a-f:.]*:/i.test(text)) return `an IPv6 address stands in brackets, as in "[::1]:3000"`;
  return undefined;
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(host);
}

function invalid(text: string, rule: string): SolentError {
  return new SolentError("CONFIG_INVALID", { option: "allowOrigins", value: text.slice(0, 300), rule });
}
