import { createContext, useContext } from "react";
import type { ChatModel } from "../model/chat-model.ts";
import type { ChatState } from "../model/chat-state.ts";

/** The chat that a page shows, and what is true about it now. */
export interface ShownChat {
  readonly model: ChatModel;
  readonly state: ChatState;
}

/** Given by the page to everything in it. */
export const ChatContext = createContext<ShownChat | undefined>(undefined);

/** The chat that is shown. */
export function useChat(): ShownChat {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error("This is shown inside of a chat only.");
  return chat;
}
