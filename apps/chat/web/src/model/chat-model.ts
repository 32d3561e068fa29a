import type { DirectLine, Line } from "../../../contract/words.ts";
import { ClientError, type Complaint } from "@solent/client";
import type { ChatState, Me } from "./chat-state.ts";
import {
  type Conversation,
  emptyConversation,
  keyOf,
  type Place,
  sortNames,
  withLines,
  withName,
  withReturned,
} from "./conversation.ts";
import type { LinkState } from "./link-state.ts";
import { RoomLink, type RoomOwner } from "./room-link.ts";
import { JoinedRooms } from "./joined-rooms.ts";
import { SiteLink, type SiteOwner, type SiteWelcome } from "./site-link.ts";
import { Store } from "./store.ts";

const maxToasts = 4;
const maxAnnouncements = 3;
const toastMs = 7_000;

/** What the model needs of the page around it. */
export interface ChatSurroundings {
  readonly isVisible: () => boolean;
  /** Called when the server may no longer know who this is. */
  readonly checkSession: () => void;
}

/** The chat behind the page: its connections, and what they brought. */
export class ChatModel implements SiteOwner, RoomOwner {
  readonly store: Store<ChatState>;
  readonly #surroundings: ChatSurroundings;
  readonly #site: SiteLink;
  readonly #rooms = new Map<string, RoomLink>();
  readonly #joined: JoinedRooms;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #lastToast = 0;

  constructor(me: Me, surroundings: ChatSurroundings) {
    this.#surroundings = surroundings;
    this.#joined = new JoinedRooms(me.name);
    this.store = new Store<ChatState>({
      me,
      siteLink: { kind: "connecting" },
      roomLinks: new Map(),
      people: [],
      roomPeople: new Map(),
      rooms: [],
      conversations: new Map(),
      open: undefined,
      announcements: [],
      toasts: [],
    });
    this.#site = new SiteLink(this);
    for (const name of this.#joined.names) this.#join(name);
  }

  // What the user does

  /** Shows a conversation; entering a room that one is not in joins it. */
  show(place: Place | undefined): void {
    if (place?.kind === "room" && !this.#rooms.has(place.name)) {
      if (!this.#joined.add(place.name)) return this.toast("You are in too many rooms: leave one first.");
      this.#join(place.name);
    }
    this.#set({ open: place });
    if (place !== undefined) this.#change(place, (conversation) => ({ ...conversation, unread: 0 }));
  }

  /** Marks what is open as read: the page is looked at again. */
  look(): void {
    const { open } = this.store.get();
    if (open !== undefined)
      this.#change(open, (conversation) => (conversation.unread === 0 ? conversation : { ...conversation, unread: 0 }));
  }

  /** Leaves a room for good. */
  leaveRoom(name: string): void {
    this.#joined.remove(name);
    this.#rooms.get(name)?.close();
    this.#rooms.delete(name);
    const { conversations, roomLinks, roomPeople } = this.store.get();
    this.#set({
      conversations: without(conversations, keyOf({ kind: "room", name })),
      roomLinks: without(roomLinks, name),
      roomPeople: without(roomPeople, name),
    });
  }

  /** Sends the draft of a conversation. */
  send(place: Place): void {
    const text = this.#conversation(place).draft.trim();
    if (text === "") return;
    this.#attempt(() => {
      if (place.kind === "room") this.#rooms.get(place.name)?.say(text);
      else this.#site.tell(place.name, text);
      this.#change(place, (conversation) => ({ ...conversation, draft: "", pending: [...conversation.pending, text] }));
    });
  }

  /** Keeps what is written. */
  write(place: Place, draft: string): void {
    this.#change(place, (conversation) => ({ ...conversation, draft }));
  }

  /** Says something to everybody. */
  announce(text: string): void {
    this.#attempt(() => this.#site.announce(text));
  }

  /** Takes an announcement off the page. */
  dismissAnnouncement(id: string): void {
    this.#set({ announcements: this.store.get().announcements.filter((line) => line.id !== id) });
  }

  /** Tries all connections now. */
  retry(): void {
    this.#site.retry();
    for (const room of this.#rooms.values()) room.retry();
  }

  /** Shows a short notice. */
  toast(text: string): void {
    const id = ++this.#lastToast;
    this.#set({ toasts: [...this.store.get().toasts, { id, text }].slice(-maxToasts) });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.dismissToast(id);
    }, toastMs);
    this.#timers.add(timer);
  }

  /** Takes a notice away. */
  dismissToast(id: number): void {
    this.#set({ toasts: this.store.get().toasts.filter((toast) => toast.id !== id) });
  }

  /** Ends all connections. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#site.close();
    for (const room of this.#rooms.values()) room.close();
  }

  // What the site's connection brings

  siteChanged(siteLink: LinkState): void {
    this.#set({ siteLink });
    if (siteLink.kind === "waiting" || siteLink.kind === "ended") this.#surroundings.checkSession();
  }

  siteWelcomed({ people, rooms, lines }: SiteWelcome): void {
    this.#set({
      siteLink: { kind: "live" },
      people: sortNames(people),
      rooms: rooms.toSorted((one, other) => one.name.localeCompare(other.name)),
    });
    for (const line of lines) this.told(line, !this.#site.wasWelcomed);
    for (const conversation of this.store.get().conversations.values()) {
      if (conversation.kind === "direct") this.#returnPending(conversation);
    }
  }

  told(line: DirectLine, isOld = false): void {
    const { me } = this.store.get();
    this.#addLines({ kind: "direct", name: line.from === me.name ? line.to : line.from }, [line], isOld);
  }

  announced(line: Line): void {
    this.#set({ announcements: [...this.store.get().announcements, line].slice(-maxAnnouncements) });
  }

  cameOnline(name: string): void {
    this.#set({ people: withName(this.store.get().people, name) });
  }

  wentOffline(name: string): void {
    this.#set({ people: this.store.get().people.filter((other) => other !== name) });
  }

  roomChanged(room: { readonly name: string; readonly people: number }): void {
    const others = this.store.get().rooms.filter(({ name }) => name !== room.name);
    this.#set({ rooms: [...others, room].toSorted((one, other) => one.name.localeCompare(other.name)) });
  }

  refused({ why, to, text }: { readonly why: "away" | "notAdmin"; readonly to: string; readonly text: string }): void {
    if (why === "notAdmin") return this.toast("Only the admin may announce.");
    this.#change({ kind: "direct", name: to }, (conversation) => withReturned(conversation, [text]));
    this.toast(`${to} is not here now, so your message was not delivered.`);
  }

  // What the connections to rooms bring

  roomLinkChanged(name: string, link: LinkState): void {
    this.#set({ roomLinks: new Map(this.store.get().roomLinks).set(name, link) });
  }

  roomWelcomed(
    name: string,
    { people, lines }: { readonly people: readonly string[]; readonly lines: readonly Line[] },
  ): void {
    const place: Place = { kind: "room", name };
    const { roomLinks, roomPeople } = this.store.get();
    this.#set({
      roomLinks: new Map(roomLinks).set(name, { kind: "live" }),
      roomPeople: new Map(roomPeople).set(name, sortNames(people)),
    });
    this.#addLines(place, lines, !this.#conversation(place).isLoaded);
    this.#change(place, (conversation) => ({ ...conversation, isLoaded: true }));
    this.#returnPending(this.#conversation(place));
  }

  said(name: string, line: Line): void {
    this.#addLines({ kind: "room", name }, [line], false);
  }

  cameIntoRoom(room: string, name: string): void {
    const { roomPeople } = this.store.get();
    this.#set({ roomPeople: new Map(roomPeople).set(room, withName(roomPeople.get(room) ?? [], name)) });
  }

  leftRoom(room: string, name: string): void {
    const { roomPeople } = this.store.get();
    const names = (roomPeople.get(room) ?? []).filter((other) => other !== name);
    this.#set({ roomPeople: new Map(roomPeople).set(room, names) });
  }

  complained(place: Place | undefined, complaint: Complaint): void {
    this.toast(`The server refused that (${complaint.code}).`);
    if (place !== undefined) this.#returnPending(this.#conversation(place));
  }

  // Changing the state

  #join(name: string): void {
    this.#rooms.set(name, new RoomLink(name, this));
    this.roomLinkChanged(name, { kind: "connecting" });
    this.#change({ kind: "room", name }, (conversation) => conversation);
  }

  #addLines(place: Place, lines: readonly Line[], isOld: boolean): void {
    const { me, open } = this.store.get();
    const isLookedAt = open !== undefined && keyOf(open) === keyOf(place) && this.#surroundings.isVisible();
    this.#change(place, (conversation) => withLines(conversation, { lines, me: me.name, isRead: isOld || isLookedAt }));
  }

  // Called when the server has just told what it has: what is still pending then got lost on the way.
  #returnPending(conversation: Conversation): void {
    if (conversation.pending.length === 0) return;
    this.#change(conversation, (changed) => withReturned(changed, changed.pending));
    this.toast("Your last message was not delivered. It is back in the box.");
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.toast("That was not sent: the connection cannot take more now.");
    }
  }

  #conversation(place: Place): Conversation {
    return this.store.get().conversations.get(keyOf(place)) ?? emptyConversation(place);
  }

  #change(place: Place, change: (conversation: Conversation) => Conversation): void {
    const { conversations } = this.store.get();
    const before = conversations.get(keyOf(place));
    const after = change(before ?? emptyConversation(place));
    if (after !== before) this.#set({ conversations: new Map(conversations).set(keyOf(place), after) });
  }

  #set(change: Partial<ChatState>): void {
    this.store.update((state) => ({ ...state, ...change }));
  }
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
