import type { Line, Page } from "../../../../contract/words.ts";

/** A part of a conversation without gaps, oldest first, and whether there is more on either side. */
export interface HistoryWindow {
  readonly lines: readonly Line[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/**
 * The most lines that the page keeps of one conversation, two screens of which are a few dozen.
 *
 * Those at the far end from where somebody reads are let go, and loaded again when they scroll back.
 */
export const maxWindowLines = 1_000;

/** Nothing is known yet. */
export const emptyWindow: HistoryWindow = Object.freeze({ lines: [], hasOlder: false, hasNewer: false });

/**
 * Adds lines that arrived, each once; the higher revision of one wins.
 *
 * What is beyond an end behind which there is more is left out: it would stand beside a gap. It comes with its page.
 */
export function withArrived(window: HistoryWindow, arrived: readonly Line[]): HistoryWindow {
  const first = window.lines[0]?.id ?? Infinity;
  const last = window.lines.at(-1)?.id ?? -Infinity;
  const fitting = arrived.filter(({ id }) => !(window.hasOlder && id < first) && !(window.hasNewer && id > last));
  const lines = union(window.lines, fitting);
  return lines === window.lines ? window : { ...window, lines };
}

/** Adds a page that was asked for beyond one end. */
export function withPage(window: HistoryWindow, page: Page, end: "older" | "newer"): HistoryWindow {
  const lines = union(window.lines, page.lines);
  return end === "older"
    ? { ...window, lines, hasOlder: page.hasOlder }
    : { ...window, lines, hasNewer: page.hasNewer };
}

/** Lets go of what is too much, at one end. */
export function withoutExcess(window: HistoryWindow, end: "older" | "newer"): HistoryWindow {
  const { lines } = window;
  if (lines.length <= maxWindowLines) return window;
  return end === "older"
    ? { ...window, lines: lines.slice(-maxWindowLines), hasOlder: true }
    : { ...window, lines: lines.slice(0, maxWindowLines), hasNewer: true };
}

// The same array when nothing is new, so that nothing is drawn again.
function union(known: readonly Line[], more: readonly Line[]): readonly Line[] {
  const byId = new Map(known.map((line) => [line.id, line]));
  let isChanged = false;
  for (const line of more) {
    const before = byId.get(line.id);
    if (before !== undefined && before.revision >= line.revision) continue;
    byId.set(line.id, line);
    isChanged = true;
  }
  return isChanged ? [...byId.values()].sort((one, other) => one.id - other.id) : known;
}
