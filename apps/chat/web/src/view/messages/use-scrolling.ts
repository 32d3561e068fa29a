import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { ConversationModel } from "../../model/conversation/conversation-model.ts";
import { firstNewOf, type Row } from "./rows.ts";
import { nearEnd, type Shown, useLooking } from "./use-looking.ts";

/**
 * How near an end of what is loaded more is asked for, in pixels.
 *
 * Before that end is drawn, though out of sight: rows that come where it is drawn already could push the others.
 */
const loadWithin = 2_000;
/** How far below the top what one jumps to stands, in pixels. */
const jumpOffset = -64;

/** What the list shows. */
export interface ScrollingProps {
  readonly rows: readonly Row[];
  readonly conversation: Conversation;
  readonly conversationModel: ConversationModel;
  readonly me: string;
}

/** How the list scrolls, and what may be jumped to. */
export interface Scrolling {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  /** Whether the rows that are new or gone since the last time are at the start. */
  readonly isShift: boolean;
  /** Whether the end is out of sight. */
  readonly isBehind: boolean;
  /** Whether what is new begins above what is in sight. */
  readonly isNewAbove: boolean;
  readonly scrolled: () => void;
  readonly resized: () => void;
  readonly toEnd: () => void;
  readonly toNew: () => void;
}

/** Keeps the list at its end while one reads there, and in its place otherwise; loads more, and marks what was seen. */
export function useScrolling({ rows, conversation, conversationModel, me }: ScrollingProps): Scrolling {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const isAtEnd = useRef(true);
  // Until somebody scrolls on from there.
  const isAtNew = useRef(false);
  const [isBehind, setIsBehind] = useState(false);
  const [isNewAbove, setIsNewAbove] = useState(false);
  // Where the list goes once the lines that were asked for are there.
  const goal = useRef<"end" | "new">(undefined);
  const shown = useRef<Shown>({ rows, conversation });
  const isShift = useShift(rows);
  const firstNew = firstNewOf(conversation, me);
  const newIndex = rows.findIndex(({ beginsNew }) => beginsNew);
  shown.current = { rows, conversation };

  const goToEnd = useCallback((): void => {
    isAtEnd.current = true;
    isAtNew.current = false;
    // Not `scrollToIndex`: that repeats itself for a while, and would take back whoever scrolls in the meantime.
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  const goToNew = useCallback((): void => {
    isAtEnd.current = false;
    isAtNew.current = true;
    const { current: handle } = list;
    const index = shown.current.rows.findIndex(({ beginsNew }) => beginsNew);
    if (box.current !== null && handle !== null) box.current.scrollTop = handle.getItemOffset(index) + jumpOffset;
  }, []);

  const { settle, visited } = useLooking({ conversationModel, list, shown, isAtEnd });

  const scrolled = useCallback((): void => {
    const { current: handle } = list;
    const { current: element } = box;
    if (handle === null || element === null) return;
    // As the page is now: the list itself knows of a new offset only in the next frame.
    const above = element.scrollTop;
    const below = element.scrollHeight - above - element.clientHeight;
    isAtEnd.current = below < nearEnd && !shown.current.conversation.window.hasNewer;
    setIsBehind(!isAtEnd.current);
    if (above < loadWithin) conversationModel.history.loadOlder();
    if (below < loadWithin) conversationModel.history.loadNewer();
    if (!isAtEnd.current) conversationModel.reading.look("middle");
    settle();
    const isVisited = visited.current === shown.current.conversation.newAfter;
    setIsNewAbove(!isVisited && beginsAbove(shown.current, handle, above));
  }, [conversationModel, settle]);

  const resized = useCallback((): void => {
    if (isAtEnd.current) goToEnd();
    else if (isAtNew.current) goToNew();
    scrolled();
  }, [goToEnd, goToNew, scrolled]);

  useArrival({ rows, newIndex, goal, isAtEnd, goToEnd, goToNew });
  useOwnScrolling(box, isAtNew);
  useEffect(() => scrolled(), [rows, scrolled]);

  const isNewLoaded = firstNew !== undefined;
  const { toEnd, toNew } = jumpsIn({ conversation, conversationModel, isNewLoaded, goal, isAtEnd, goToEnd, goToNew });
  return { box, list, isShift, isBehind, isNewAbove, scrolled, resized, toEnd, toNew };
}

/** What a jump needs to know, and what it leaves behind where it has to wait for lines. */
interface Jumping extends Pick<ScrollingProps, "conversation" | "conversationModel"> {
  readonly isNewLoaded: boolean;
  readonly goal: RefObject<"end" | "new" | undefined>;
  readonly isAtEnd: RefObject<boolean>;
  readonly goToEnd: () => void;
  readonly goToNew: () => void;
}

// Goes where it leads when that is loaded, else asks for it: the list follows when it is there.
function jumpsIn({ conversation, conversationModel, isNewLoaded, goal, isAtEnd, goToEnd, goToNew }: Jumping) {
  const { window, newAfter } = conversation;
  return {
    toEnd: (): void => {
      if (!window.hasNewer) return goToEnd();
      goal.current = "end";
      conversationModel.history.loadNewest();
    },
    toNew: (): void => {
      if (isNewLoaded || newAfter === undefined) return goToNew();
      isAtEnd.current = false;
      goal.current = "new";
      conversationModel.history.loadAround(newAfter + 1);
    },
  };
}

// Whether what is new begins above what is in sight, be it loaded or not.
function beginsAbove({ rows, conversation }: Shown, list: VirtualizerHandle, above: number): boolean {
  const first = rows.findIndex(({ beginsNew }) => beginsNew);
  if (first >= 0) return list.getItemOffset(first) < above - 8;
  const { window, newAfter } = conversation;
  return newAfter !== undefined && window.hasOlder && (window.lines[0]?.id ?? 0) > newAfter;
}

/** What moves the list when its rows are others. */
interface Arrival {
  readonly rows: readonly Row[];
  readonly newIndex: number;
  readonly goal: RefObject<"end" | "new" | undefined>;
  readonly isAtEnd: RefObject<boolean>;
  readonly goToEnd: () => void;
  readonly goToNew: () => void;
}

// At first to what is new, else to the end; then it stays where it is, unless one reads at the end or has written.
function useArrival({ rows, newIndex, goal, isAtEnd, goToEnd, goToNew }: Arrival): void {
  const before = useRef<readonly Row[]>(undefined);
  useLayoutEffect(() => {
    const last = before.current;
    before.current = rows;
    const isReplaced = last !== undefined && !rows.some(({ key }) => key === last.at(-1)?.key || key === last[0]?.key);
    const isFirst = last === undefined;
    const hasWritten = rows.at(-1)?.pending !== undefined && rows.at(-1)?.key !== last?.at(-1)?.key;
    if (newIndex >= 0 && (isFirst || goal.current === "new")) goToNew();
    else if (isFirst || isAtEnd.current || hasWritten || (isReplaced && goal.current !== "new")) goToEnd();
    if (isReplaced) goal.current = undefined;
  }, [rows, newIndex, goal, isAtEnd, goToEnd, goToNew]);
}

// Whoever scrolls, by whatever means, is not taken back to what is new when heights become known.
function useOwnScrolling(box: RefObject<HTMLDivElement | null>, isAtNew: RefObject<boolean>): void {
  useEffect(() => {
    const { current: element } = box;
    const scrolls = (): void => {
      isAtNew.current = false;
    };
    const ways = ["wheel", "touchstart", "pointerdown", "keydown"] as const;
    for (const way of ways) element?.addEventListener(way, scrolls, { passive: true });
    return () => {
      for (const way of ways) element?.removeEventListener(way, scrolls);
    };
  }, [box, isAtNew]);
}

// Whether the list changed at its start since it was drawn the last time: then it keeps its place from the end.
function useShift(rows: readonly Row[]): boolean {
  const drawn = useRef(rows);
  useLayoutEffect(() => {
    drawn.current = rows;
  }, [rows]);
  const before = drawn.current;
  return before[0]?.key !== rows[0]?.key && before.at(-1)?.key === rows.at(-1)?.key;
}
