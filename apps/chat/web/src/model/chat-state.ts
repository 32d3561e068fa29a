import type { Line, RoomInfo } from "../../../contract/words.ts";
import type { Conversation, Place } from "./conversation.ts";
import type { LinkState } from "./link-state.ts";

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
  /** The connection that carries direct messages and what concerns everybody. */
  readonly siteLink: LinkState;
  /** The connections to the rooms one is in, by name. */
  readonly roomLinks: ReadonlyMap<string, LinkState>;
  /** Who is online. */
  readonly people: readonly string[];
  /** Who is in the rooms one is in, by name. */
  readonly roomPeople: ReadonlyMap<string, readonly string[]>;
  readonly rooms: readonly RoomInfo[];
  /** By `keyOf`, in the order they began. */
  readonly conversations: ReadonlyMap<string, Conversation>;
  /** What is looked at; `undefined` for the list on a phone. */
  readonly open: Place | undefined;
  readonly announcements: readonly Line[];
  readonly toasts: readonly Toast[];
}
