import type { Me } from "../model/chat-state.ts";

/** Who is signed in, if anybody, and who may announce. */
export interface Session {
  readonly me: Me | null;
  readonly adminName: string;
}

/** Something the server said no to, in words to show. */
export class Refused extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** How long to wait before the next attempt, when the server asked for it. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { status, headers }: Response) {
    super(message);
    this.status = status;
    const seconds = Number(headers.get("retry-after"));
    this.retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
  }
}

/** Asks who is signed in. @throws when the server cannot be reached. */
export async function readSession(): Promise<Session> {
  return (await ask("/api/session", "GET")) as Session;
}

/** Signs in; a name that nobody has becomes an account. @throws {Refused} when one may not come in so. */
export async function signIn(name: string, password: string): Promise<Session> {
  return (await ask("/api/session", "POST", { name, password })) as Session;
}

/** Signs out in this browser. @throws when the server cannot be told. */
export async function signOut(): Promise<void> {
  await ask("/api/session", "DELETE");
}

/** Signs out on every device. @throws when the server cannot be told. */
export async function signOutEverywhere(): Promise<void> {
  await ask("/api/sessions", "DELETE");
}

// The answers are this app's own: the server next to this page wrote them.
async function ask(path: string, method: "GET" | "POST" | "DELETE", body?: object): Promise<unknown> {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = response.status === 204 ? undefined : ((await response.json()) as { readonly problem?: string });
  if (!response.ok) throw new Refused(answer?.problem ?? "The server said no.", response);
  return answer;
}
