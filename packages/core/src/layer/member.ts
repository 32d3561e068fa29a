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
  /**
   * Takes what it missed of a group, oldest first, before everything that is delivered after the call.
   *
   * There are at most as many as the group remembers, and all members share them, so they do not count towards a capacity.
   * Without this method they are delivered one by one.
   */
  replay?(messages: readonly LayerMessage[]): void;
}

/** How a group is joined. */
export interface JoinOptions {
  /**
   * The position of the last event of the group that was seen; what came after it is replayed, where the group remembers all
   * of it. `undefined` for none: then the join only tells where the group stands.
   */
  readonly since: string | undefined;
}

/** What a join found. */
export interface Joined {
  /**
   * Whether nothing is missing since `since`: what was missed is on its way, before everything new. Otherwise nothing is
   * replayed: it is all or nothing.
   */
  readonly recovered: boolean;
  /** Where the group stood; `undefined` for a group without events, where the layer keeps no positions, and without options. */
  readonly position: string | undefined;
}

/** @internal What a join without options finds. */
export const plainlyJoined: Joined = Object.freeze({ recovered: false, position: undefined });

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
   * Joining twice is harmless, and replays nothing. Leaving while it waits resolves it.
   *
   * @throws {SolentError} NAME_INVALID, LAYER_CLOSED, LAYER_BUSY with too many groups or too many waiting joins,
   *   LAYER_UNAVAILABLE when it could not be made true in time; the member is not in the group then.
   */
  join(group: string, options?: JoinOptions): Promise<Joined>;
  /**
   * Leaves a group; nothing is delivered from it once this has been called. Harmless when not a member.
   *
   * @throws {SolentError} NAME_INVALID
   */
  leave(group: string): Promise<void>;
  /** Leaves all groups and frees the name. Harmless when done before. */
  close(): void;
}
