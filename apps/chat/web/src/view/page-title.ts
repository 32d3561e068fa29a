import type { ChatState } from "../model/chat-state.ts";
import { titleOf } from "../model/place.ts";
import { unreadCount } from "./unread-count.ts";

const site = "Solent Chat";

/** The page's title: how much is unread everywhere, and where one is. */
export function titleFor({ conversations, open }: Pick<ChatState, "conversations" | "open">): string {
  let unread = 0;
  for (const conversation of conversations.values()) unread += conversation.unread;
  const title = open === undefined ? site : `${titleOf(open)} – ${site}`;
  return unread === 0 ? title : `(${unreadCount(unread)}) ${title}`;
}
