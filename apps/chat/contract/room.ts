import { contract } from "@solent/core/contract";
import { z } from "zod";
import { sessionEvents } from "./session.ts";
import {
  changesOf,
  clientId,
  line,
  lineId,
  nodeName,
  pageOf,
  pageRequest,
  personName,
  revision,
  roomInfo,
  roomName,
  somebody,
  text,
  topic,
} from "./words.ts";

const notYours = { notYours: {} };

/** A room as it is when one comes. `page` holds the newest lines. */
const roomWelcome = z.object({
  room: roomInfo,
  people: z.array(z.string()),
  page: pageOf(line),
  revision: z.int(),
  readTo: z.int(),
  unread: z.number(),
  node: nodeName,
});

/** Many to many: what is said in a room, at `/rooms/:room`. Only for its members; others are closed with 4403. */
export const room = contract({
  params: z.object({ room: roomName }),
  toServer: {
    /** Refused when the writer used the same `clientId` in another conversation. */
    say: { data: z.object({ clientId, text }), reply: line, errors: notYours },
    edit: { data: z.object({ id: lineId, text }), reply: line, errors: notYours },
    delete: { data: z.object({ id: lineId }), reply: line, errors: notYours },
    history: { data: pageRequest, reply: pageOf(line) },
    changes: { data: z.object({ since: revision }), reply: changesOf(line) },
    read: z.object({ upTo: lineId }),
    typing: { delivery: "volatile" },
    describe: z.object({ topic }),
    invite: { data: z.object({ name: personName }), errors: { nobody: {}, full: {} } },
  },
  toClient: {
    /** The first message; and again when something was lost on the way: then ask for the changes. */
    welcome: roomWelcome,
    said: line,
    changed: line,
    typing: { data: somebody, delivery: "volatile" },
    came: somebody,
    left: somebody,
    described: roomInfo,
    /** Another page of the same person has read up to here. */
    read: z.object({ upTo: z.int() }),
  },
  // Each reaches every member's browser as it is: no code runs per member.
  events: {
    ...sessionEvents,
    "room.said": { forward: "said" },
    "room.changed": { forward: "changed" },
    "room.typing": { forward: "typing" },
    "room.came": { forward: "came" },
    "room.left": { forward: "left" },
    "room.described": { forward: "described" },
    // These two go to the pages that one member has in the room.
    "member.read": { forward: "read" },
    "member.left": {},
  },
});

export type RoomWelcome = z.infer<typeof roomWelcome>;
