import type { LayerMessage } from "./message.ts";

/**
 * A place where the hub delivers: a consumer, or a channel opened by hand.
 *
 * `deliver` is the hot path: it must not throw (a throw is caught, counted and reported, and counts as refused), and it
 * need not be re-entrant: the hub never calls it while it runs, unless the member's own code hands a message on itself.
 */
export interface Member {
  /**
   * Takes one message, in the order of the calls.
   *
   * @returns whether it was taken; `false` when the member is full or has ended. A direct send then rejects with
   *   CHANNEL_FULL; an event of a group was by then treated as the member's overflow policy says.
   */
  deliver(message: LayerMessage): boolean;
}

/**
 * A member's place on the layer: its channel name and its memberships.
 *
 * Memberships of a seat never expire; they end with `leave` or `close`.
 */
export interface Seat {
  /** The channel name that reaches this member alone; unique in the cluster, never used again. */
  readonly channelName: string;
  /** The names of the groups it is in now. */
  readonly groups: Iterable<string>;
  /**
   * Joins a group. When it resolves, every later send from any node is received, or a gap is signalled.
   *
   * Joining twice is harmless. Leaving while it waits resolves it.
   *
   * @throws {SolentError} NAME_INVALID, LAYER_CLOSED, LAYER_BUSY with too many groups or too many waiting joins,
   *   LAYER_UNAVAILABLE when it could not be made true in time; the member is not in the group then.
   */
  join(group: string): Promise<void>;
  /**
   * Leaves a group; nothing is delivered from it once this has been called. Harmless when not a member.
   *
   * @throws {SolentError} NAME_INVALID
   */
  leave(group: string): Promise<void>;
  /** Leaves all groups and frees the name. Harmless when done before. */
  close(): void;
}
