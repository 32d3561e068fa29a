import type { Announcement } from "../../../contract/site.ts";
import type { Conversation } from "./conversation/conversation.ts";
import type { LinkState } from "./links/link-state.ts";
import type { OwnRoom } from "./links/site-link.ts";
import type { Place } from "./place.ts";

/** Who is signed in. */
export interface Me {
  readonly name: string;
  readonly isAdmin: boolean;
}

/** A short notice that goes away by itself. */
export interface Toast {
  readonly id: number;
  readonly text: string;
}

/** Everything the page shows. Never changed, always replaced. */
export interface ChatState {
  readonly me: Me;
  /** The connection that carries what concerns everybody. */
  readonly siteLink: LinkState;
  /** Whether the server has said which rooms there are. */
  readonly areRoomsKnown: boolean;
  /** The rooms one may know of, and what one is to them, by name. */
  readonly rooms: ReadonlyMap<string, OwnRoom>;
  /** Who is online. */
  readonly people: readonly string[];
  /** Who has a room open, of the rooms one is in, by name. */
  readonly roomPeople: ReadonlyMap<string, readonly string[]>;
  /** By `keyOf`. */
  readonly conversations: ReadonlyMap<string, Conversation>;
  /** What is looked at; `undefined` for the list on a phone. */
  readonly open: Place | undefined;
  readonly announcements: readonly Announcement[];
  readonly toasts: readonly Toast[];
}

/** Nothing is known yet. */
export function emptyState(me: Me): ChatState {
  return {
    me,
    siteLink: { kind: "connecting" },
    areRoomsKnown: false,
    rooms: new Map(),
    people: [],
    roomPeople: new Map(),
    conversations: new Map(),
    open: undefined,
    announcements: [],
    toasts: [],
  };
}

/** A map with one entry more, or another value for it. */
export function withEntry<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value,
): ReadonlyMap<string, Value> {
  return new Map(map).set(key, value);
}

/** A map without one entry. */
export function withoutEntry<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
