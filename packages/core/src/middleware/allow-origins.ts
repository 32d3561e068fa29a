import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import { type Middleware, middleware } from "./middleware.ts";
import { OriginPattern, parseOrigin } from "./origin-pattern.ts";

/** Whose pages may connect: `"same-host"`, `"*"`, a pattern, or a list of them. An empty list lets no page in. */
export type Origins = string | readonly string[];

/** Options of `allowOrigins`. */
export interface OriginOptions {
  /**
   * Whether clients that send no Origin are refused. Browsers always send one; other programs can write what they like,
   * so this keeps nobody out who wants in. @default false
   */
  readonly requireOrigin?: boolean;
  /** Whether "same-host" compares with `X-Forwarded-Host` where a proxy sets it, and not with `Host`. @default false */
  readonly trustProxy?: boolean;
}

const maxLogged = 100;

// Marks the scope, and not the connection: a route that turns out not to match must leave nothing to the next one.
const isDecided = Symbol("origin decided");

/**
 * Middleware that lets in the pages of these origins only; the others get 403, and one line each in the log.
 *
 * Where it stands it takes the place of the server's own rule, which is `"same-host"`. A page whose `Origin` is `null`,
 * empty or no origin is denied by everything but `"*"`. Clients that send none are let in, unless `requireOrigin` is set.
 *
 * @throws {SolentError} CONFIG_INVALID with a sentence that says how to write the pattern.
 */
export function allowOrigins(origins: Origins, options: OriginOptions = {}): Middleware<Record<never, never>> {
  const rule = new OriginRule(origins, options);
  return middleware((scope, link, next) => (rule.admit(scope, link) ? next({ [isDecided]: true }) : undefined));
}

/**
 * The rule of a server, asked before a consumer is made: decides where no `allowOrigins` around the consumer has decided.
 *
 * @internal
 */
export function defaultAdmission(origins: Origins, options: OriginOptions = {}): (scope: Scope, link: Link) => boolean {
  const rule = new OriginRule(origins, options);
  return (scope, link) => isDecided in scope || rule.admit(scope, link);
}

/** Decides by the `Origin` header whether a page may connect, and says so in the log when it may not. */
class OriginRule {
  readonly #allowsAll: boolean;
  readonly #allowsSameHost: boolean;
  readonly #patterns: readonly OriginPattern[];
  readonly #requireOrigin: boolean;
  readonly #trustProxy: boolean;
  readonly #logged = new Set<string>();

  /** @throws {SolentError} CONFIG_INVALID with a sentence that says how to write the pattern. */
  constructor(origins: Origins, options: OriginOptions = {}) {
    const list: readonly unknown[] = Array.isArray(origins) ? origins : [origins];
    const texts = list.map(requireText);
    this.#allowsAll = texts.includes("*");
    this.#allowsSameHost = texts.includes("same-host");
    this.#patterns = texts
      .filter((text) => text !== "*" && text !== "same-host")
      .map((text) => new OriginPattern(text));
    this.#requireOrigin = options.requireOrigin ?? false;
    this.#trustProxy = options.trustProxy ?? false;
  }

  /** Whether a request with these headers may connect. */
  allows(headers: Scope["headers"]): boolean {
    const { origin: header } = headers;
    if (header === undefined) return !this.#requireOrigin;
    if (this.#allowsAll) return true;
    if (this.#allowsSameHost && typeof header === "string" && isOwn(header, this.#hostOf(headers))) return true;
    const origin = typeof header === "string" ? parseOrigin(header) : undefined;
    if (origin === undefined) return false;
    if (this.#patterns.some((pattern) => pattern.matches(origin))) return true;
    if (!this.#allowsSameHost) return false;
    // The scheme is the page's: behind a proxy that ends TLS, the server does not know its own.
    const own = parseOrigin(`${origin.scheme}://${this.#hostOf(headers)}`);
    return own !== undefined && own.host === origin.host && own.port === origin.port;
  }

  /** Denies the connection with 403 if its origin is not allowed. @returns whether it may go on. */
  admit(scope: Scope, link: Link): boolean {
    // Workers have no headers and no browser behind them.
    if (scope.type === "channel" || this.allows(scope.headers)) return true;
    this.#log(scope, link);
    link.deny(403, "origin not allowed\n");
    return false;
  }

  #hostOf(headers: Scope["headers"]): string {
    const forwarded = this.#trustProxy ? headers["x-forwarded-host"] : undefined;
    // Of several proxies the first wrote what the browser asked for.
    const [first = ""] = (typeof forwarded === "string" ? forwarded : (forwarded?.[0] ?? "")).split(",");
    const { host } = headers;
    return first.trim() || (typeof host === "string" ? host : "");
  }

  // Once per origin and for a hundred at most: a stranger must not be able to fill the log.
  #log(scope: Scope, link: Link): void {
    const { origin } = scope.headers;
    const shown = origin === undefined ? "(none)" : String(origin).slice(0, 300);
    if (this.#logged.has(shown) || this.#logged.size > maxLogged) return;
    this.#logged.add(shown);
    const { logger } = link.environment;
    const fields = { id: link.id, path: scope.path, origin: shown, host: this.#hostOf(scope.headers) };
    if (this.#logged.size > maxLogged)
      logger.warn(fields, "connections of many origins were refused; further ones are not logged");
    else logger.warn(fields, `a connection was refused for its Origin; allowOrigins decides whose pages may connect`);
  }
}

function requireText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new SolentError("CONFIG_INVALID", {
    option: "allowOrigins",
    value: text,
    rule: "it is a pattern or a list of patterns",
  });
}

// What a page of our own sends nearly always, found without parsing either; whatever else is the same takes the long way.
function isOwn(origin: string, host: string): boolean {
  return (origin === `https://${host}` || origin === `http://${host}`) && plainHost.test(host);
}

const plainHost = /^[a-z0-9.-]+(?::\d{1,5})?$/;
