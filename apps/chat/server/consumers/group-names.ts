import { createHash } from "node:crypto";

/** The group of every page. */
export const siteGroup = "site";

/** Everything that somebody has open, to hear that they have signed out. */
export function personGroup(id: number): string {
  return `person.${id}`;
}

/** The site consumers of one person. */
export function ownGroup(id: number): string {
  return `own.${id}`;
}

/** The direct consumers of one person. */
export function directGroup(id: number): string {
  return `direct.${id}`;
}

/** Everybody who has a room open. */
export function roomGroup(room: string): string {
  return `room.${digest(room)}`;
}

/** The pages that one person has in one room. */
export function memberGroup(room: string, id: number): string {
  return `member.${digest(room)}.${id}`;
}

// Names of rooms may be in any script, names of groups are ASCII.
function digest(room: string): string {
  return createHash("sha256").update(room).digest("base64url").slice(0, 22);
}
