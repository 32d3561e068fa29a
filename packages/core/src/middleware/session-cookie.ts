import { SolentError } from "../errors/solent-error.ts";

/** When a browser sends a cookie along with a request that another site caused. */
export type SameSite = "lax" | "strict" | "none";

/** How the session's cookie is written. */
export interface SessionCookieOptions {
  /** A token (RFC 9110 section 5.6.2); the prefixes `__Host-` and `__Secure-` are honoured. @default "session" */
  readonly cookieName?: string;
  /** How long a session lasts from its issue, on the server and in the browser. @default 1_209_600_000 (14 days) */
  readonly maxAgeMs?: number;
  /** Whether browsers keep it to HTTPS. Switch it off for plain HTTP on a developer's machine only. @default true */
  readonly secure?: boolean;
  /** When it travels with requests that another site caused. @default "lax" */
  readonly sameSite?: SameSite;
  /** Shares the cookie with the subdomains of this domain. @default the host alone that issued it */
  readonly domain?: string;
}

/** What `issue` and `clear` may say differently for one answer. */
export interface IssueOptions {
  /** Whether browsers keep this cookie to HTTPS: `request.secure`, for example. @default the session's `secure` */
  readonly secure?: boolean;
}

const names = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const domains = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i;
// The most that browsers agree to keep (RFC 6265bis section 5.6): 400 days.
const maxMaxAgeMs = 34_560_000_000;
const sameSites: Readonly<Record<SameSite, string>> = { lax: "Lax", strict: "Strict", none: "None" };

/** Writes the `Set-Cookie` values of one session cookie. */
export class SessionCookie {
  readonly name: string;
  readonly maxAgeMs: number;
  readonly #secure: boolean;
  readonly #sameSite: SameSite;
  readonly #domain: string | undefined;

  /** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
  constructor(options: SessionCookieOptions) {
    const { cookieName = "session", maxAgeMs = 1_209_600_000, secure = true, sameSite = "lax", domain } = options;
    demand(
      names.test(cookieName),
      "cookieName",
      cookieName,
      "it is 1 to 64 characters of a token, as in __Host-session",
    );
    demand(
      Number.isSafeInteger(maxAgeMs) && maxAgeMs >= 1_000 && maxAgeMs <= maxMaxAgeMs,
      "maxAgeMs",
      maxAgeMs,
      `it is a whole number from 1000 to ${maxMaxAgeMs}, the 400 days that browsers keep a cookie`,
    );
    demand(typeof secure === "boolean", "secure", secure, "it is true or false");
    demand(Object.hasOwn(sameSites, sameSite), "sameSite", sameSite, "it is one of lax, strict, none");
    demand(domain === undefined || domains.test(domain), "domain", domain, "it is a domain, as in example.com");
    demand(
      domain === undefined || !/^__host-/i.test(cookieName),
      "domain",
      domain,
      "browsers refuse a cookie whose name begins with __Host- when it has a domain",
    );
    this.name = cookieName;
    this.maxAgeMs = maxAgeMs;
    this.#secure = secure;
    this.#sameSite = sameSite;
    this.#domain = domain;
    this.#demandSecure(secure);
  }

  /** The `Set-Cookie` value that hands `value` to the browser. */
  set(value: string, options: IssueOptions): string {
    return this.#write(value, Math.floor(this.maxAgeMs / 1_000), options);
  }

  /** The `Set-Cookie` value that makes the browser forget it. */
  clear(options: IssueOptions): string {
    return this.#write("", 0, options);
  }

  #write(value: string, maxAgeSeconds: number, { secure = this.#secure }: IssueOptions): string {
    this.#demandSecure(secure);
    const parts = [`${this.name}=${value}`, "Path=/", `Max-Age=${maxAgeSeconds}`];
    if (this.#domain !== undefined) parts.push(`Domain=${this.#domain}`);
    // Scripts never need it, and a script that was injected must not get it.
    parts.push("HttpOnly");
    if (secure) parts.push("Secure");
    parts.push(`SameSite=${sameSites[this.#sameSite]}`);
    return parts.join("; ");
  }

  #demandSecure(secure: boolean): void {
    if (secure) return;
    const needsIt = this.name.startsWith("__") ? `named ${this.name}` : "with sameSite none";
    const isFree = this.#sameSite !== "none" && !/^__(?:host|secure)-/i.test(this.name);
    demand(isFree, "secure", secure, `browsers refuse a cookie ${needsIt} that is not secure`);
  }
}

function demand(isRight: boolean, option: string, ...[value, rule]: [value: unknown, rule: string]): void {
  if (!isRight) throw new SolentError("CONFIG_INVALID", { option, value, rule });
}
