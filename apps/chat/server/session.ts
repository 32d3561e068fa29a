import { signedSession, type Added } from "@solent/core";
import type { People, Person } from "./people.ts";

/** What signs the cookies, and whether browsers keep them to HTTPS. */
export interface SessionOptions {
  readonly secret: string;
  readonly secure: boolean;
}

/** The chat's sessions: a signed cookie that holds a person's id, which scripts cannot read. */
export function chatSession(people: People, { secret, secure }: SessionOptions) {
  return signedSession({
    secret,
    secure,
    sameSite: "strict",
    cookieName: "chat",
    maxAgeMs: 7 * 24 * 60 * 60_000,
    load: (id): Person | undefined => people.byId(id),
  });
}

/** The chat's session middleware, with what the HTTP side needs of it. */
export type ChatSession = ReturnType<typeof chatSession>;

/** What the session adds to the scope: `user`. */
export type Authenticated = Added<ChatSession>;
