/** Who is here: room by room, a name for every open page. */
const rooms = new Map<string, Map<string, string>>();

/** Everybody in a room, each once. */
export function peopleIn(room: string): string[] {
  return [...new Set(rooms.get(room)?.values())];
}

/** Notes that somebody has opened a page; true when it is their first in the room. */
export function enter(room: string, page: string, name: string): boolean {
  const isFirst = !peopleIn(room).includes(name);
  const pages = rooms.get(room) ?? new Map<string, string>();
  rooms.set(room, pages.set(page, name));
  return isFirst;
}

/** Notes that a page is gone; true when it was their last in the room. */
export function leave(room: string, page: string): boolean {
  const pages = rooms.get(room);
  const name = pages?.get(page);
  if (pages === undefined || name === undefined) return false;
  pages.delete(page);
  if (pages.size === 0) rooms.delete(room);
  return !peopleIn(room).includes(name);
}
