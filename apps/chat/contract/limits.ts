/**
 * How much of everything there may be.
 *
 * Apart from the contracts, and free of zod, so that the page can show the same numbers without loading a schema library.
 */
export const limits = Object.freeze({
  /** Characters of a person's name. */
  personName: 24,
  /** Characters of a room's name. */
  roomName: 32,
  /** Characters of one message. */
  text: 1_000,
  /** Lines that the server remembers of each room, and of each person's direct messages. */
  tailLines: 100,
  /** Rooms at a time. */
  rooms: 200,
  /** People the server knows by name at a time. */
  people: 2_000,
});
