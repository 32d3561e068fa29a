import { limits } from "../../../contract/limits.ts";
import type { Announcement } from "../../../contract/site.ts";
import type { RoomInfo } from "../../../contract/words.ts";
import { type ChatState, emptyState, type Me } from "./chat-state.ts";
import type { ConversationModel } from "./conversation/conversation-model.ts";
import { Conversations, type KeptValues } from "./conversations.ts";
import { Directs } from "./directs.ts";
import { Dismissed } from "./kept/dismissed.ts";
import type { LinkState } from "./links/link-state.ts";
import { type OwnRoom, SiteLink, type SiteOwner, type SiteWelcome } from "./links/site-link.ts";
import { sortNames, withName, withoutName } from "./names.ts";
import type { Place } from "./place.ts";
import { Rooms } from "./rooms.ts";
import { Store } from "./store.ts";
import { Toasts } from "./toasts.ts";

/** What the model needs of the page around it. */
export interface ChatSurroundings extends KeptValues {
  /** Called when the server may no longer know who this is. */
  readonly checkSession: () => void;
}

/** The chat behind the page: its connections, and what they brought. */
export class ChatModel implements SiteOwner {
  readonly store: Store<ChatState>;
  readonly rooms: Rooms;
  readonly toasts: Toasts;
  readonly site: SiteLink;
  readonly #conversations: Conversations;
  readonly #directs: Directs;
  readonly #dismissed: Dismissed;
  readonly #checkSession: () => void;

  constructor(me: Me, { local, tab, checkSession }: ChatSurroundings) {
    this.#checkSession = checkSession;
    this.store = new Store(emptyState(me));
    this.toasts = new Toasts(this.store);
    this.#dismissed = new Dismissed(local, me.name, () => this.#hideDismissed());
    this.#conversations = new Conversations(this.store, { local, tab });
    this.rooms = new Rooms(this.store, this.#conversations);
    this.#directs = new Directs(this.store, this.#conversations);
    this.site = new SiteLink(this);
  }

  /** The conversation at a place; `undefined` for a room one is not in. */
  conversation(place: Place): ConversationModel | undefined {
    return this.#conversations.get(place);
  }

  /** Shows a place; `undefined` shows the list. */
  show(place: Place | undefined): void {
    this.store.update((state) => ({ ...state, open: place }));
    if (place === undefined) return;
    if (place.kind === "direct") this.#directs.open(place.name);
    this.conversation(place)?.reading.begin();
  }

  /** Takes an announcement off the page, and off one's other pages. */
  dismissAnnouncement(id: number): void {
    this.#dismissed.add(id);
    this.#hideDismissed();
  }

  /** Tries all connections now. */
  retry(): void {
    this.site.retry();
    this.#directs.retry();
    this.rooms.retry();
  }

  /** Keeps what is written: the page may be left. */
  flush(): void {
    this.#conversations.flush();
  }

  /** Ends all connections. */
  close(): void {
    this.site.close();
    this.#directs.close();
    this.rooms.close();
    this.#conversations.close();
    this.#dismissed.close();
    this.toasts.close();
  }

  // What the site's connection brings

  siteLinkChanged(siteLink: LinkState): void {
    this.store.update((state) => ({ ...state, siteLink }));
    if (siteLink.kind === "waiting" || siteLink.kind === "ended") this.#checkSession();
  }

  siteWelcomed({ people, rooms, announcements }: SiteWelcome): void {
    this.store.together(() => {
      this.store.update((state) => ({ ...state, people: sortNames(people) }));
      this.rooms.know(rooms);
      for (const announcement of announcements) this.announced(announcement);
    });
  }

  cameOnline(name: string): void {
    this.store.update((state) => ({ ...state, people: withName(state.people, name) }));
  }

  wentOffline(name: string): void {
    this.store.update((state) => ({ ...state, people: withoutName(state.people, name) }));
  }

  roomChanged(room: RoomInfo): void {
    this.rooms.roomDescribed(room);
  }

  membershipChanged(own: OwnRoom): void {
    this.rooms.change(own);
  }

  announced(announcement: Announcement): void {
    this.store.update((state) => {
      const others = state.announcements.filter(({ id }) => id !== announcement.id);
      const announcements = [...others, announcement].sort((one, other) => one.id - other.id);
      return { ...state, announcements: announcements.slice(-limits.announcements) };
    });
    this.#hideDismissed();
  }

  #hideDismissed(): void {
    this.store.update((state) => ({
      ...state,
      announcements: state.announcements.filter(({ id }) => !this.#dismissed.has(id)),
    }));
  }
}
