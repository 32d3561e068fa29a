import type { Person } from "../accounts/person.ts";
import type { Chat } from "../chat.ts";

/** What a consumer has of which it can be asked. */
interface Visit {
  readonly me: Person;
  readonly chat: Chat;
  close(code: number, reason: string): unknown;
}

/**
 * Whether the person of a consumer may be here, or in this room; else closes the connection and says why.
 *
 * A browser is not told why a handshake was denied; a close code it is told.
 */
export async function isWelcome(visit: Visit, room?: string): Promise<boolean> {
  const refusal = await visit.chat.refusal(visit.me, room);
  if (refusal !== undefined) visit.close(refusal.code, refusal.reason);
  return refusal === undefined;
}
