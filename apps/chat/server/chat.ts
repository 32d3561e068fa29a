import { addToScope, type Added } from "@solent/core";
import { type CloseRow, closeCodes } from "@solent/core/errors";
import type { RoomWelcome } from "../contract/room.ts";
import type { Person } from "./accounts/person.ts";
import { roomGroup } from "./consumers/group-names.ts";
import { RoomNews } from "./consumers/room-news.ts";
import { Announcements } from "./conversations/announcements.ts";
import { Directs } from "./conversations/directs.ts";
import { Memberships } from "./conversations/memberships.ts";
import { People } from "./conversations/people.ts";
import { Rooms } from "./conversations/rooms.ts";
import type { Database } from "./database/database.ts";
import { Presence } from "./presence.ts";

/**
 * How many events may wait for one consumer: the layer's `capacity`.
 *
 * Who comes waits for the database, and meanwhile everybody who comes at the same moment is announced: after a restart
 * that is everybody.
 */
export const maxWaitingEvents = 10_000;

/** All that the consumers work with. What people say is in the database; who is here is in this process. */
export class Chat {
  readonly presence: Presence = new Presence();
  readonly people: People;
  readonly memberships: Memberships;
  readonly rooms: Rooms;
  readonly directs: Directs;
  readonly announcements: Announcements;
  readonly news: RoomNews;

  constructor(database: Database) {
    this.people = new People(database);
    this.memberships = new Memberships(database, (room) => this.presence.count(roomGroup(room)));
    this.rooms = new Rooms(database);
    this.directs = new Directs(database);
    this.announcements = new Announcements(database);
    this.news = new RoomNews((room) => this.memberships.findPublic(room));
  }

  /**
   * Why somebody may not be here, or not in this room: the close code to tell them with.
   *
   * Ask after joining the groups that would tell of the end of a session or a membership: then no end falls between.
   */
  async refusal(me: Person, room?: string): Promise<CloseRow | undefined> {
    if (!(await this.people.isSignedIn(me))) return closeCodes.unauthenticated;
    if (room !== undefined && !(await this.memberships.isMember(me, room))) return closeCodes.denied;
    return undefined;
  }

  /** What a member of a room sees first there; nothing for anybody else. */
  async roomWelcome(me: Person, name: string): Promise<RoomWelcome | undefined> {
    const lines = await this.rooms.welcome(me, name);
    const known = await this.memberships.find(me, name);
    if (known?.membership !== "member") return undefined;
    return { ...lines, room: known.room, people: this.presence.names(roomGroup(name)) };
  }
}

/** Middleware that gives the chat to the consumers: `this.scope.chat`. */
export function withChat(chat: Chat) {
  return addToScope(() => ({ chat }));
}

/** What `withChat` adds to the scope. */
export type WithChat = Added<ReturnType<typeof withChat>>;
