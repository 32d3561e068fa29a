import { addToScope, type Added, type ChannelLayer } from "@solent/core";
import { type CloseRow, closeCodes } from "@solent/core/errors";
import type { DirectWelcome } from "../contract/direct.ts";
import { room, type RoomWelcome } from "../contract/room.ts";
import { site, type SiteWelcome } from "../contract/site.ts";
import type { Person } from "./accounts/person.ts";
import { roomGroup, siteGroup } from "./consumers/group-names.ts";
import { RoomNews } from "./consumers/room-news.ts";
import { Announcements } from "./conversations/announcements.ts";
import { Directs } from "./conversations/directs.ts";
import { Memberships } from "./conversations/memberships.ts";
import { People } from "./conversations/people.ts";
import { Rooms } from "./conversations/rooms.ts";
import type { Database } from "./database/database.ts";
import type { ChatLog } from "./log.ts";
import { roomOfPlace, roomPlace, sitePlace } from "./presence/places.ts";
import type { Change } from "./presence/presence-rows.ts";
import { Presence } from "./presence/presence.ts";

/**
 * How many events may wait for one consumer: the layer's `capacity`.
 *
 * Who comes waits for the database, and meanwhile everybody who comes at the same moment is announced: after a restart
 * that is everybody.
 */
export const maxWaitingEvents = 10_000;

/** What the chat needs around it. */
export interface ChatSurroundings {
  readonly layer: ChannelLayer;
  /** What this node is called: pages show it. */
  readonly node: string;
  readonly log: ChatLog;
}

/** All that the consumers work with. What people say and who is here is in the database, the same for all nodes. */
export class Chat {
  readonly node: string;
  readonly presence: Presence;
  readonly people: People;
  readonly memberships: Memberships;
  readonly rooms: Rooms;
  readonly directs: Directs;
  readonly announcements: Announcements;
  readonly news: RoomNews;

  constructor(database: Database, { layer, node, log }: ChatSurroundings) {
    this.node = node;
    this.people = new People(database);
    this.memberships = new Memberships(database);
    this.rooms = new Rooms(database);
    this.directs = new Directs(database);
    this.announcements = new Announcements(database);
    this.news = new RoomNews(layer, (room) => this.memberships.findPublic(room));
    this.presence = new Presence(database, { node, log, tell: (change) => tellPlace(layer, this.news, change) });
  }

  /**
   * Why somebody may not be here, or not in this room: the close code to tell them with.
   *
   * Ask after joining the groups that would tell of the end of a session or a membership: then no end falls between.
   */
  async refusal(me: Person, name?: string): Promise<CloseRow | undefined> {
    if (!(await this.people.isSignedIn(me))) return closeCodes.unauthenticated;
    if (name !== undefined && !(await this.memberships.isMember(me, name))) return closeCodes.denied;
    return undefined;
  }

  /** What a member of a room sees first there; nothing for anybody else. */
  async roomWelcome(me: Person, name: string): Promise<RoomWelcome | undefined> {
    const lines = await this.rooms.welcome(me, name);
    const people = await this.presence.names(roomPlace(name));
    const known = await this.memberships.find(me, name);
    if (known?.membership !== "member") return undefined;
    return { ...lines, room: known.room, people, node: this.node };
  }

  /** What somebody's page sees first. */
  async siteWelcome(me: Person): Promise<SiteWelcome> {
    await this.memberships.welcome(me);
    const people = await this.presence.names(sitePlace);
    const rooms = await this.memberships.list(me);
    return { people, rooms, announcements: await this.announcements.recent(), node: this.node };
  }

  /** What somebody sees first of their direct messages. */
  async directWelcome(me: Person): Promise<DirectWelcome> {
    return { ...(await this.directs.welcome(me)), node: this.node };
  }
}

async function tellPlace(layer: ChannelLayer, news: RoomNews, { place, person: name, isHere }: Change): Promise<void> {
  const inRoom = roomOfPlace(place);
  if (inRoom === undefined) return layer.group(site, siteGroup).send(isHere ? "site.came" : "site.left", { name });
  await layer.group(room, roomGroup(inRoom)).send(isHere ? "room.came" : "room.left", { name });
  await news.tell(inRoom);
}

/** Middleware that gives the chat to the consumers: `this.scope.chat`. */
export function withChat(chat: Chat) {
  return addToScope(() => ({ chat }));
}

/** What `withChat` adds to the scope. */
export type WithChat = Added<ReturnType<typeof withChat>>;
