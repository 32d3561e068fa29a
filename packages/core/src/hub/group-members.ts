import type { LocalSeat } from "./hub.ts";

/**
 * The members of one group on this node.
 *
 * A group of one, which most groups are, has no set and no array. From two members on there is a map from the member to
 * the tick of its join, and an array for the hot path that is built again only after a change.
 */
export class GroupMembers {
  readonly name: string;
  /** What tells its positions from those of a group of the same name before it: everybody had left that one. */
  readonly epoch: number;
  #offset = 0;
  /** The tick of the newest join: while it is older than an event, everybody in the list was in when it was sent. */
  newest = 0;
  #sole: LocalSeat | undefined;
  #since: Map<LocalSeat, number> | undefined;
  #list: readonly LocalSeat[] | undefined;

  constructor(name: string, epoch: number) {
    this.name = name;
    this.epoch = epoch;
  }

  /** The number of the next event, from 1: one more than that of the event before it. */
  nextOffset(): number {
    this.#offset += 1;
    return this.#offset;
  }

  get size(): number {
    return this.#since === undefined ? Number(this.#sole !== undefined) : this.#since.size;
  }

  /** The only member of a group of one. */
  get sole(): LocalSeat | undefined {
    return this.#sole;
  }

  /** The members as an array that never changes: a change makes a new one. */
  get list(): readonly LocalSeat[] {
    if (this.#list === undefined) {
      this.#list = this.#since === undefined ? (this.#sole === undefined ? [] : [this.#sole]) : [...this.#since.keys()];
    }
    return this.#list;
  }

  has(seat: LocalSeat): boolean {
    return this.#since === undefined ? this.#sole === seat : this.#since.has(seat);
  }

  /** Whether `seat` joined before `tick`, and is still in. */
  joinedBefore(seat: LocalSeat, tick: number): boolean {
    if (this.#since === undefined) return this.#sole === seat && this.newest < tick;
    const since = this.#since.get(seat);
    return since !== undefined && since < tick;
  }

  /** Adds a member that is not in yet. */
  add(seat: LocalSeat, tick: number): void {
    if (this.#since === undefined && this.#sole === undefined) {
      this.#sole = seat;
      this.newest = tick;
    } else {
      if (this.#since === undefined) {
        this.#since = new Map();
        if (this.#sole !== undefined) this.#since.set(this.#sole, this.newest);
        this.#sole = undefined;
      }
      this.#since.set(seat, tick);
    }
    this.newest = Math.max(this.newest, tick);
    this.#list = undefined;
  }

  remove(seat: LocalSeat): void {
    if (this.#since !== undefined) this.#since.delete(seat);
    else if (this.#sole === seat) this.#sole = undefined;
    this.#list = undefined;
  }

  /** Forgets everybody. */
  clear(): void {
    this.#sole = undefined;
    this.#since = undefined;
    this.#list = undefined;
  }
}
