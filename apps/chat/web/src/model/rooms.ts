import type { RoomInfo } from "../../../contract/words.ts";
import { type ChatState, withEntry, withoutEntry } from "./chat-state.ts";
import type { Conversations } from "./conversations.ts";
import { RoomLink, type RoomOwner } from "./links/room-link.ts";
import type { OwnRoom } from "./links/site-link.ts";
import type { Store } from "./store.ts";

/** The rooms one may know of, and a connection to each that one is in. */
export class Rooms implements RoomOwner {
  readonly #state: Store<ChatState>;
  readonly #conversations: Conversations;
  readonly #links = new Map<string, RoomLink>();

  constructor(state: Store<ChatState>, conversations: Conversations) {
    this.#state = state;
    this.#conversations = conversations;
  }

  /** The connection to a room one is in. */
  get(name: string): RoomLink | undefined {
    return this.#links.get(name);
  }

  /** Takes the whole list: rooms that are not in it are gone. */
  know(rooms: readonly OwnRoom[]): void {
    const names = new Set(rooms.map(({ room }) => room.name));
    for (const name of this.#state.get().rooms.keys()) if (!names.has(name)) this.#forget(name);
    for (const own of rooms) this.change(own);
    this.#state.update((state) => ({ ...state, areRoomsKnown: true }));
  }

  /** What one is to a room is something else now. */
  change(own: OwnRoom): void {
    const { room, membership } = own;
    // A private room that one is not in is none that one knows of.
    if (membership === "none" && room.isPrivate) return this.#forget(room.name);
    this.#state.update((state) => ({ ...state, rooms: withEntry(state.rooms, room.name, own) }));
    if (membership === "member") this.#enter(room.name);
    else this.#leave(room.name);
  }

  roomDescribed(room: RoomInfo): void {
    const membership = this.#state.get().rooms.get(room.name)?.membership ?? "none";
    this.#state.update((state) => ({ ...state, rooms: withEntry(state.rooms, room.name, { room, membership }) }));
  }

  roomPeople(name: string, change: (people: readonly string[]) => readonly string[]): void {
    this.#state.update((state) => {
      const people = change(state.roomPeople.get(name) ?? []);
      return { ...state, roomPeople: withEntry(state.roomPeople, name, people) };
    });
  }

  retry(): void {
    for (const link of this.#links.values()) link.retry();
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #enter(name: string): void {
    if (this.#links.has(name)) return;
    const link = new RoomLink(name, this, this.#conversations.surroundings);
    this.#links.set(name, link);
    this.#conversations.add(link.conversation);
  }

  #leave(name: string): void {
    const link = this.#links.get(name);
    if (link === undefined) return;
    link.close();
    this.#links.delete(name);
    this.#conversations.remove({ kind: "room", name });
    this.#state.update((state) => ({ ...state, roomPeople: withoutEntry(state.roomPeople, name) }));
  }

  #forget(name: string): void {
    this.#leave(name);
    this.#state.update((state) => ({ ...state, rooms: withoutEntry(state.rooms, name) }));
  }
}
