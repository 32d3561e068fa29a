import { createHash, randomUUID } from "node:crypto";
import { addToScope, type Added } from "@solent/core";
import { limits } from "../contract/limits.ts";
import type { DirectLine, Line, RoomInfo } from "../contract/words.ts";
import { People, type Person } from "./people.ts";
import { Presence } from "./presence.ts";
import { Tails } from "./tails.ts";

/** The rooms that are always there. */
const givenRooms: readonly string[] = ["lobby", "ideas", "random"];

/** The group that every page is in. */
export const siteGroup = "site";

/** The group of a room. Room names may be in any script, names of groups are ASCII: so it is a digest. */
export function roomGroup(room: string): string {
  return `room.${createHash("sha256").update(room).digest("base64url").slice(0, 22)}`;
}

/** The group of all pages of one person. */
export function personGroup(person: Person): string {
  return `user.${person.id}`;
}

/** Makes a line of what somebody says now. */
export function newLine(from: Person, text: string): Line {
  return { id: randomUUID(), from: from.name, text, at: Date.now() };
}

/** Everything the chat remembers. It is all in memory: it ends with the process. */
export class Chat {
  readonly presence: Presence = new Presence();
  readonly people: People;
  readonly roomTails: Tails<Line> = new Tails();
  readonly directTails: Tails<DirectLine> = new Tails();
  readonly #rooms = new Set(givenRooms);

  constructor(adminName: string) {
    this.people = new People({
      adminName,
      isHere: (person) => this.presence.has(siteGroup, person.name),
      onForgotten: (person) => this.directTails.forget(person.id),
    });
  }

  /** Notes that a page of somebody has come; answers whether it is their first. */
  comeOnline(person: Person, connection: string): boolean {
    return this.presence.enter(siteGroup, connection, person.name);
  }

  /** Notes that a page of somebody has gone; answers whether it was their last. */
  goOffline(person: Person, connection: string): boolean {
    const isLast = this.presence.leave(siteGroup, connection);
    if (isLast) this.people.left(person);
    return isLast;
  }

  /** Who has this name, if they are here. */
  online(name: string): Person | undefined {
    const person = this.people.byName(name);
    return person !== undefined && this.presence.has(siteGroup, person.name) ? person : undefined;
  }

  /** What somebody sees first: who is here, every room, and what was said to and by them. */
  welcome(person: Person): { people: string[]; rooms: RoomInfo[]; lines: readonly DirectLine[] } {
    const rooms = [...this.#rooms].map((name) => this.roomInfo(name));
    return { people: this.presence.names(siteGroup), rooms, lines: this.directTails.of(person.id) };
  }

  /** What somebody sees first in a room. */
  roomWelcome(name: string): { people: string[]; lines: readonly Line[] } {
    return { people: this.presence.names(roomGroup(name)), lines: this.roomTails.of(name) };
  }

  /** A room as the list of rooms shows it. */
  roomInfo(name: string): RoomInfo {
    return { name, people: this.presence.names(roomGroup(name)).length };
  }

  /** Makes sure that a room exists; answers false when there are too many. */
  openRoom(name: string): boolean {
    if (this.#rooms.has(name)) return true;
    if (this.#rooms.size >= limits.rooms && !this.#closeEmptyRoom()) return false;
    this.#rooms.add(name);
    return true;
  }

  #closeEmptyRoom(): boolean {
    for (const name of this.#rooms) {
      if (givenRooms.includes(name) || this.roomInfo(name).people > 0) continue;
      this.#rooms.delete(name);
      this.roomTails.forget(name);
      return true;
    }
    return false;
  }
}

/** Middleware that gives the chat to the consumers: `this.scope.chat`. */
export function withChat(chat: Chat) {
  return addToScope(() => ({ chat }));
}

/** What `withChat` adds to the scope. */
export type WithChat = Added<ReturnType<typeof withChat>>;
