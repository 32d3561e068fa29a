import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import { type CookieHeader, cookieValues } from "./cookies.ts";
import { type Middleware, middleware, type Next } from "./middleware.ts";
import { type IssueOptions, SessionCookie, type SessionCookieOptions } from "./session-cookie.ts";
import {
  idBytes,
  maxIdBytes,
  openSession,
  sealSession,
  type SessionProblem,
  type SessionTicket,
} from "./session-value.ts";
import { type Secret, Signature } from "./signature.ts";

/** Options of `signedSession`. */
export interface SignedSessionOptions<Loaded, IsOptional extends boolean = boolean> extends SessionCookieOptions {
  /** Signs the cookie. Of a list, the first signs and all verify: put a new one in front and keep the old for `maxAgeMs`. */
  readonly secret: Secret | readonly Secret[];
  /**
   * Finds the user of a session; `undefined` or `null` when there is none any more.
   *
   * Called once a connection, for ids that `issue` was given. A throw refuses the connection with 500.
   */
  readonly load: (id: string, scope: Scope) => Loaded;
  /** Lets connections without a session pass, with `scope.user` undefined. @default false: they get 401 */
  readonly optional?: IsOptional;
}

/** The user in the scope: what `load` gives, and `undefined` too where the session is optional. */
export type SessionUser<Loaded, IsOptional extends boolean> =
  | NonNullable<Awaited<Loaded>>
  | ([IsOptional] extends [false] ? never : undefined);

/** Middleware that adds `user` to the scope, and what a login handler needs. */
export interface SignedSession<User> extends Middleware<{ readonly user: User }, Scope> {
  /**
   * The `Set-Cookie` value that begins a session: HttpOnly, SameSite=Lax, Secure, Path=/ unless the options say otherwise.
   *
   * The id is signed and not encrypted: whoever has the cookie can read it.
   *
   * @throws {SolentError} CONFIG_INVALID for an id that is empty, over 1,024 bytes, or not well-formed Unicode.
   */
  issue(id: string, options?: IssueOptions): Promise<string>;
  /** The `Set-Cookie` value that ends it in the browser. A copy of the cookie stays valid until it expires. */
  clear(options?: IssueOptions): string;
  /** Reads a request's `Cookie` header: the session if it is valid now, else `undefined`. `load` is not called. */
  read(cookieHeader: CookieHeader): Promise<SessionTicket | undefined>;
}

/**
 * Sessions in a signed cookie (HMAC-SHA-256), without a store: adds `user` to the scope, or denies with 401.
 *
 * Several cookies of its name with different values count as none: which one is the browser's own cannot be known.
 *
 * @throws {SolentError} CONFIG_INVALID for a secret under 32 bytes, or options that browsers would refuse.
 */
export function signedSession<Loaded, IsOptional extends boolean = false>(
  options: SignedSessionOptions<Loaded, IsOptional>,
): SignedSession<SessionUser<Loaded, IsOptional>> {
  type User = SessionUser<Loaded, IsOptional>;
  const { load, optional = false } = options;
  if (typeof load !== "function") {
    throw new SolentError("CONFIG_INVALID", {
      option: "load",
      value: typeof load,
      rule: "it is a function from an id to a user",
    });
  }
  const reader = new SessionReader(options);
  const find = async (scope: Scope, link: Link): Promise<NonNullable<Awaited<Loaded>> | undefined> => {
    const found = await reader.examine(scope.headers["cookie"]);
    if (typeof found === "object") return (await load(found.id, scope)) ?? undefined;
    if (found !== "absent")
      link.environment.logger.info({ id: link.id, path: scope.path, found }, "a session cookie was refused");
    return undefined;
  };
  const wrap = middleware<{ readonly user: User }>(async (scope, link, next: Next<{ readonly user: User }>) => {
    const user = await find(scope, link);
    if (user === undefined && !optional) {
      link.deny(401, "sign in first\n");
      return;
    }
    // Without a user it is optional, and then `User` contains undefined.
    await next({ user: user as User });
  });
  return Object.assign(wrap, {
    issue: (id: string, issueOptions: IssueOptions = {}) => reader.issue(id, issueOptions),
    clear: (issueOptions: IssueOptions = {}) => reader.cookie.clear(issueOptions),
    read: async (cookieHeader: CookieHeader) => {
      const found = await reader.examine(cookieHeader);
      return typeof found === "object" ? found : undefined;
    },
  });
}

/** The cookie and its signature: all of a session that has nothing to do with connections. */
class SessionReader {
  readonly cookie: SessionCookie;
  readonly #signature: Signature;

  constructor(options: SessionCookieOptions & { readonly secret: Secret | readonly Secret[] }) {
    this.cookie = new SessionCookie(options);
    this.#signature = new Signature(options.secret);
  }

  async issue(id: string, options: IssueOptions): Promise<string> {
    const bytes = idBytes(id);
    if (bytes === undefined) {
      const value = typeof id === "string" ? `text of ${id.length} characters` : `a value of type ${typeof id}`;
      throw new SolentError("CONFIG_INVALID", {
        option: "id",
        value,
        rule: `it is well-formed text of 1 to ${maxIdBytes} bytes`,
      });
    }
    const expiresAtMs = Date.now() + this.cookie.maxAgeMs;
    return this.cookie.set(await sealSession(this.#signature, this.cookie.name, { id: bytes, expiresAtMs }), options);
  }

  async examine(header: CookieHeader): Promise<SessionTicket | SessionProblem | "absent" | "ambiguous"> {
    const [value, another] = cookieValues(header, this.cookie.name);
    if (value === undefined) return "absent";
    // A page of a sibling subdomain can put its own session beside this one: better signed out than somebody else.
    if (another !== undefined) return "ambiguous";
    return openSession(this.#signature, this.cookie.name, value);
  }
}
