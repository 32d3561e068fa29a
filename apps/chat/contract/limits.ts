/**
 * How much of everything there may be.
 *
 * Apart from the contracts, and free of zod, so that the page can show the same numbers without loading a schema library.
 */
export const limits = Object.freeze({
  /** Characters of a person's name. */
  personName: 24,
  /** Characters that a password has at least, and at most. */
  minPassword: 8,
  maxPassword: 200,
  /** Characters of a room's name. */
  roomName: 32,
  /** Characters of a room's topic. */
  topic: 120,
  /** Characters of one message. */
  text: 4_000,
  /** Lines in one page of history. */
  pageLines: 50,
  /** Changes that a page that was away is told; after more it starts anew. */
  changes: 500,
  /** Unread lines are counted up to here. */
  unread: 100,
  /** Rooms on the site. */
  rooms: 1_000,
  /** Rooms that one person is in. */
  joinedRooms: 30,
  /** Rooms that one person may make. */
  createdRooms: 30,
  /** Members of one room. */
  members: 2_000,
  /** Direct conversations that a page is told of, those with the newest lines first. */
  directs: 200,
  /** Names that a search finds. */
  found: 20,
  /** Announcements that whoever arrives is shown, and for how long after they were made. */
  announcements: 3,
  announcementMs: 24 * 60 * 60_000,
});
