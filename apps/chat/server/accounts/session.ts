import { type Added, signedSession } from "@solent/core";
import type { Person } from "./person.ts";
import { sessionMs, type Sessions } from "./sessions.ts";

/** What signs the cookies, and whether browsers keep them to HTTPS. */
export interface SessionOptions {
  readonly secret: string;
  readonly secure: boolean;
}

/** The chat's sessions: a signed cookie that holds a session's token, which scripts cannot read. */
export function chatSession(sessions: Sessions, { secret, secure }: SessionOptions) {
  const cookie = signedSession({
    secret,
    secure,
    sameSite: "strict",
    cookieName: "chat",
    maxAgeMs: sessionMs,
    load: (token) => sessions.personOf(token),
  });
  const personOf = async (header: Parameters<typeof cookie.read>[0]): Promise<Person | undefined> => {
    const ticket = await cookie.read(header);
    return ticket && sessions.personOf(ticket.id);
  };
  return {
    /** Who sent a request, by its `Cookie` header. */
    personOf,
    /** The `Set-Cookie` header of a session that begins. */
    issue: (token: string): Promise<string> => cookie.issue(token),
    /** The `Set-Cookie` header of one that ends. */
    clear: (): string => cookie.clear(),
    /** Middleware that gives consumers their person, `this.scope.user`, and denies others with 401. */
    signedIn: cookie,
  };
}

/** The chat's sessions, for connections and for HTTP. */
export type ChatSession = ReturnType<typeof chatSession>;

/** What the session adds to the scope: `user`. */
export type Authenticated = Added<ChatSession["signedIn"]>;
