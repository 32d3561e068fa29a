import { type RefObject, useCallback, useEffect, useRef } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { ConversationModel } from "../../model/conversation/conversation-model.ts";
import type { Row } from "./rows.ts";

/** How near the end counts as at the end, in pixels. */
export const nearEnd = 40;

/** How long the list stands still until what it shows counts as seen: rows are measured by then, and may be read. */
const seenAfterMs = 200;

/** What the list shows at this moment. */
export interface Shown {
  readonly rows: readonly Row[];
  readonly conversation: Conversation;
}

/** A list that somebody may look at. */
export interface LookedAt {
  readonly conversationModel: ConversationModel;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly shown: RefObject<Shown>;
  readonly isAtEnd: RefObject<boolean>;
}

/** What is known about looking at it. */
export interface Looking {
  /** Waits anew for the list to stand still. */
  readonly settle: () => void;
  /** Where what was new began, once that was on the screen. */
  readonly visited: RefObject<number | undefined>;
}

/** Tells the conversation what somebody sees of it, while the page is visible and the list stands still. */
export function useLooking({ conversationModel, list, shown, isAtEnd }: LookedAt): Looking {
  const { reading } = conversationModel;
  const visited = useRef<number>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const look = useCallback((): void => {
    const { current: handle } = list;
    if (handle === null || !isVisible()) return reading.look(isAtEnd.current ? undefined : "middle");
    const { rows, conversation } = shown.current;
    reading.look(isAtEnd.current ? "end" : "middle");
    const bottom = handle.scrollOffset + handle.viewportSize;
    const lastSeen = rows[handle.findItemIndex(bottom - nearEnd)]?.line;
    if (!isAtEnd.current && lastSeen !== undefined) reading.seen(lastSeen.id);
    const first = rows.findIndex(({ beginsNew }) => beginsNew);
    const offset = first < 0 ? Infinity : handle.getItemOffset(first);
    if (offset >= handle.scrollOffset && offset < bottom) visited.current = conversation.newAfter;
  }, [reading, list, shown, isAtEnd]);
  const settle = useCallback((): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(look, seenAfterMs);
  }, [look]);
  useEffect(() => {
    const changed = (): void => (isVisible() ? settle() : look());
    document.addEventListener("visibilitychange", changed);
    return () => {
      clearTimeout(timer.current);
      document.removeEventListener("visibilitychange", changed);
      reading.look(undefined);
    };
  }, [reading, look, settle]);
  return { settle, visited };
}

function isVisible(): boolean {
  return document.visibilityState === "visible";
}
