import { limits } from "../../../contract/limits.ts";

/** How much is unread, as it is written: it is counted up to a limit. */
export function unreadCount(unread: number): string {
  return unread >= limits.unread ? `${limits.unread - 1}+` : String(unread);
}
