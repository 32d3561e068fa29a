import { contract } from "@solent/core/contract";
import { z } from "zod";
import { sessionEvents } from "./session.ts";
import { membership, nodeName, roomInfo, roomName, somebody, text, topic } from "./words.ts";

/** Something that the admin says to everybody. */
const announcement = z.object({ id: z.int(), from: z.string(), text: z.string(), at: z.number() });

/** A room, and what one is to it. */
const ownRoom = z.object({ room: roomInfo, membership });

/** All that one may know of. */
const welcome = z.object({
  people: z.array(z.string()),
  rooms: z.array(ownRoom),
  announcements: z.array(announcement),
  node: nodeName,
});

/** What concerns everybody: who is here, which rooms there are, announcements; at `/site`, one connection a page. */
export const site = contract({
  toServer: {
    createRoom: {
      data: z.object({ name: roomName, topic, isPrivate: z.boolean() }),
      reply: roomInfo,
      errors: { taken: {}, full: {} },
    },
    joinRoom: { data: z.object({ name: roomName }), reply: roomInfo, errors: { closed: {}, full: {} } },
    /** Leaves a room, or declines an invitation. */
    leaveRoom: { data: z.object({ name: roomName }) },
    /** People whose names begin so, whether they are here or not. */
    find: { data: z.object({ name: z.string().max(200) }), reply: z.object({ names: z.array(z.string()) }) },
    announce: { data: z.object({ text }), errors: { notAdmin: {} } },
  },
  toClient: {
    /** The first message; and again when something was lost on the way. */
    welcome,
    came: somebody,
    left: somebody,
    /** A public room is new, or has changed. */
    room: roomInfo,
    /** What one is to a room has changed, in this page or in another. */
    membership: ownRoom,
    announced: announcement,
  },
  events: {
    ...sessionEvents,
    "site.came": { forward: "came" },
    "site.left": { forward: "left" },
    "site.room": { forward: "room" },
    "site.announced": { forward: "announced" },
    "person.membership": { forward: "membership" },
  },
});

export type Announcement = z.infer<typeof announcement>;
export type SiteWelcome = z.infer<typeof welcome>;
