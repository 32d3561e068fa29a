import { sql } from "kysely";

/** The whole site: who has a page open. */
export const sitePlace = "site";

const roomPrefix = "room:";

/** Where those are who have a room open. */
export function roomPlace(room: string): string {
  return roomPrefix + room;
}

/** The room of a place; nothing for the site. */
export function roomOfPlace(place: string): string | undefined {
  return place.startsWith(roomPrefix) ? place.slice(roomPrefix.length) : undefined;
}

/** How many people have the room of a row of `conversations` open, on all nodes. */
export const peopleInRoom = sql<number>`(
  select count(*) from "presencePeople" where place = ${sql.lit(roomPrefix)} || conversations.name
)`;
