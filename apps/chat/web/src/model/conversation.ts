import type { Line } from "../../../contract/words.ts";

/** Where people talk: a room, or one person alone. */
export interface Place {
  readonly kind: "room" | "direct";
  readonly name: string;
}

/** A conversation as the page shows it. */
export interface Conversation extends Place {
  readonly lines: readonly Line[];
  /** Own messages that the server has not confirmed. */
  readonly pending: readonly string[];
  /** What is written and not sent. */
  readonly draft: string;
  readonly unread: number;
  /** Whether the server has told what was said before. */
  readonly isLoaded: boolean;
}

/** The most lines that the page keeps of one conversation. */
const maxLines = 500;

/** One text for a place: what the list is sorted and found by. */
export function keyOf({ kind, name }: Place): string {
  return `${kind}:${name}`;
}

/** A conversation in which nothing was said yet. */
export function emptyConversation({ kind, name }: Place): Conversation {
  return { kind, name, lines: [], pending: [], draft: "", unread: 0, isLoaded: kind === "direct" };
}

/** How lines arrive. */
export interface Arrival {
  readonly lines: readonly Line[];
  readonly me: string;
  /** Whether somebody looks at the conversation, or knew these lines before. */
  readonly isRead: boolean;
}

/** Adds what is new, once each; own lines confirm what was pending. */
export function withLines(conversation: Conversation, { lines, me, isRead }: Arrival): Conversation {
  const known = new Set(conversation.lines.map(({ id }) => id));
  const added = lines.filter(({ id }) => !known.has(id));
  if (added.length === 0) return conversation;
  const pending = [...conversation.pending];
  for (const { from, text } of added) {
    const at = from === me ? pending.indexOf(text) : -1;
    if (at >= 0) pending.splice(at, 1);
  }
  const unread = isRead ? conversation.unread : conversation.unread + added.filter(({ from }) => from !== me).length;
  return { ...conversation, lines: [...conversation.lines, ...added].slice(-maxLines), pending, unread };
}

/** Gives messages that did not arrive back to their writer: they stand in the box again, before what is there. */
export function withReturned(conversation: Conversation, texts: readonly string[]): Conversation {
  const pending = [...conversation.pending];
  for (const text of texts) {
    const at = pending.indexOf(text);
    if (at >= 0) pending.splice(at, 1);
  }
  const draft = [...texts, conversation.draft].filter((text) => text !== "").join("\n");
  return { ...conversation, pending, draft };
}

/** The names with one more, in order. */
export function withName(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : sortNames([...names, name]);
}

/** The names in the order of the reader's language. */
export function sortNames(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => one.localeCompare(other));
}
