import type { Marks } from "../../../../contract/direct.ts";
import type { Line } from "../../../../contract/words.ts";
import type { LinkState } from "../links/link-state.ts";
import type { Place } from "../place.ts";
import { emptyWindow, type HistoryWindow } from "./history-window.ts";

/** A message of one's own that the server has not confirmed. */
export interface PendingMessage {
  /** Its name through every retry, so that it is stored once. */
  readonly clientId: string;
  readonly text: string;
  readonly at: number;
  /** `waiting` for the connection or for those before it, on its way, or not taken. */
  readonly state: "waiting" | "sending" | "failed";
  /** Why it failed, in words. */
  readonly problem?: string;
}

/** A conversation as the page shows it. Never changed, always replaced. */
export interface Conversation extends Place {
  /** What is true about the connection that carries it. */
  readonly link: LinkState;
  readonly window: HistoryWindow;
  /** Whether the window was filled, so that what is missing in it was never said. */
  readonly isReady: boolean;
  /** Which part is being loaded. */
  readonly loading: LoadingPart | undefined;
  /** Why it cannot be shown, or not loaded further; empty when all is well. */
  readonly problem: string;
  /** How far one has read: the id of a line. */
  readonly readTo: number;
  readonly unread: number;
  /** The newest line that anybody is known to have said, in the window or not. */
  readonly newest: number;
  /** When it was said, in milliseconds since 1970. */
  readonly lastAt: number;
  /** What was new when one came: lines after this id stand below a divider. */
  readonly newAfter: number | undefined;
  /** Direct only: how far the other one has come. */
  readonly theirs: Marks | undefined;
  readonly pending: readonly PendingMessage[];
  /** What is written and not sent. */
  readonly draft: string;
  /** Who is writing at this moment. */
  readonly typing: readonly string[];
  /** The last few lines that others said while this page was there: what a screen reader is told. */
  readonly news: readonly Line[];
}

/** A part of the history that is asked for. */
export type LoadingPart = "older" | "newer" | "newest" | "around";

/** A conversation of which nothing is known yet. */
export function emptyConversation({ kind, name }: Place): Conversation {
  return {
    kind,
    name,
    link: { kind: "connecting" },
    window: emptyWindow,
    isReady: false,
    loading: undefined,
    problem: "",
    readTo: 0,
    unread: 0,
    newest: 0,
    lastAt: 0,
    newAfter: undefined,
    theirs: undefined,
    pending: [],
    draft: "",
    typing: [],
    news: [],
  };
}
