import type { Me } from "../model/chat-state.ts";

/** Who is signed in, if anybody, and who may announce. */
export interface Session {
  readonly me: Me | null;
  readonly adminName: string;
}

/** Something the server said no to, in words to show. */
export class Refused extends Error {}

/** Asks who is signed in. @throws when the server cannot be reached. */
export async function readSession(): Promise<Session> {
  return ask("GET");
}

/** Signs in. @throws {Refused} when the name cannot be had. */
export async function signIn(name: string): Promise<Session> {
  return ask("POST", { name });
}

/** Signs out. */
export async function signOut(): Promise<void> {
  await fetch("/api/session", { method: "DELETE" });
}

async function ask(method: "GET" | "POST", body?: object): Promise<Session> {
  const response = await fetch("/api/session", {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  // The answers are this app's own: the server next to this page wrote them.
  const answer = (await response.json()) as Session & { readonly problem?: string };
  if (!response.ok) throw new Refused(answer.problem ?? "The server said no.");
  return answer;
}
