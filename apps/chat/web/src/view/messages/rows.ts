import type { Line } from "../../../../contract/words.ts";
import type { Conversation, PendingMessage } from "../../model/conversation/conversation.ts";

/** How far an own message has come. */
export type Progress = "waiting" | "sending" | "failed" | "sent" | "delivered" | "read";

/** One message as it stands in the list. */
export interface Row {
  readonly key: string;
  readonly from: string;
  readonly text: string;
  readonly at: number;
  readonly isOwn: boolean;
  /** What the server has stored; `undefined` while it has not. */
  readonly line: Line | undefined;
  /** What it has not stored yet. */
  readonly pending: PendingMessage | undefined;
  /** Whether the conversation begins with it. */
  readonly isBeginning: boolean;
  /** Whether it is the first of its day. */
  readonly beginsDay: boolean;
  /** Whether it is the first that is new. */
  readonly beginsNew: boolean;
  /** Whether it begins, and whether it ends, what one person said without a longer pause. */
  readonly beginsGroup: boolean;
  readonly endsGroup: boolean;
  /** What is said about how far it has come; `undefined` where nothing is. */
  readonly progress: Progress | undefined;
}

/** A pause that begins a new group. */
const pauseMs = 5 * 60_000;

/** Puts a conversation into rows, one for each message: the stored ones, then those on their way. */
export function rowsOf(conversation: Conversation, me: string): readonly Row[] {
  const { window, pending, newAfter } = conversation;
  const lastOwn = window.lines.findLast(({ from, state }) => from === me && state !== "deleted");
  const firstNew = firstNewOf(conversation, me);
  const messages: Plain[] = [
    ...window.lines.map((line) => plainLine(line, me)),
    // Beyond an end behind which there is more, they would stand at the wrong place.
    ...(window.hasNewer ? [] : pending.map((message) => plainPending(message, me))),
  ];
  return messages.map((message, at) => {
    const before = messages[at - 1];
    const after = messages[at + 1];
    const beginsNew = newAfter !== undefined && message.line !== undefined && message.line.id === firstNew;
    return {
      ...message,
      isBeginning: at === 0 && !window.hasOlder,
      beginsDay: before === undefined || !isSameDay(before.at, message.at),
      beginsNew,
      beginsGroup: beginsNew || before === undefined || !belongTogether(before, message),
      endsGroup: after === undefined || !belongTogether(message, after) || after.line?.id === firstNew,
      progress:
        message.pending?.state ?? (message.line === lastOwn ? progressOf(conversation, message.line) : undefined),
    };
  });
}

/** The first line that is new: said by another after what was read when one came. `undefined` when it is not here. */
export function firstNewOf({ window, newAfter }: Conversation, me: string): number | undefined {
  const [first] = window.lines;
  // If older lines are missing, the first that is new may be among them.
  if (newAfter === undefined || first === undefined || (window.hasOlder && first.id > newAfter)) return undefined;
  return window.lines.find(({ id, from, state }) => id > newAfter && from !== me && state !== "deleted")?.id;
}

type Plain = Pick<Row, "key" | "from" | "text" | "at" | "isOwn" | "line" | "pending">;

function plainLine(line: Line, me: string): Plain {
  const { id, from, text, at, clientId } = line;
  const isOwn = from === me;
  // An own message is the same row before and after it was stored. Others' ids are theirs to choose, so not to be trusted.
  return { key: isOwn ? clientId : String(id), from, text, at, isOwn, line, pending: undefined };
}

function plainPending(pending: PendingMessage, me: string): Plain {
  const { clientId, text, at } = pending;
  return { key: clientId, from: me, text, at, isOwn: true, line: undefined, pending };
}

function progressOf({ kind, theirs }: Conversation, line: Line | undefined): Progress | undefined {
  if (kind !== "direct" || line === undefined) return undefined;
  if (line.id <= (theirs?.readTo ?? 0)) return "read";
  return line.id <= (theirs?.deliveredTo ?? 0) ? "delivered" : "sent";
}

function belongTogether(one: Plain, other: Plain): boolean {
  return one.from === other.from && other.at - one.at < pauseMs && isSameDay(one.at, other.at);
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
