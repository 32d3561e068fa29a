import { Alarm } from "../internal/alarm.ts";
import type { Position } from "../layer/broker.ts";
import type { Histories } from "../layer/history-policy.ts";
import type { Joined } from "../layer/member.ts";
import type { LayerMessage } from "../layer/message.ts";
import { GroupTail, type GroupTailParts, type Remembered } from "./group-tail.ts";
import type { Hub, LocalSeat, Recoveries } from "./hub.ts";

/** Where what groups remember is read. */
export interface HistorySource extends Pick<GroupTailParts, "compare"> {
  /** Everything that the group remembers, and nothing that is still on its way to this node. */
  read(group: string): Promise<Remembered>;
}

/** What recoveries are made of. */
export interface GroupRecoveriesParts {
  readonly hub: Hub;
  readonly histories: Histories;
  readonly source: HistorySource;
  /** A name for a member of the layer's own. */
  readonly nextName: () => string;
}

/** How long a tail is kept after it was last of use, in ms. */
const tailIdleMs = 10_000;
/** Most tails at a time: of more groups than these, each member that comes back reads for itself. */
const maxTails = 1000;

interface Tail {
  readonly tail: GroupTail;
  readonly seat: LocalSeat;
  readonly isReady: Promise<void>;
  usedAtMs: number;
}

/** A member that waits to join a group. */
interface Waiting {
  readonly seat: LocalSeat;
  readonly group: string;
  readonly since: Position | undefined;
  hasLeft: boolean;
}

/** Gives members that come back what they missed: all of it, or nothing. */
export class GroupRecoveries implements Recoveries {
  readonly #parts: GroupRecoveriesParts;
  // The one that has been of no use for longest comes first.
  readonly #tails = new Map<string, Tail>();
  readonly #waiting = new Map<LocalSeat, Set<Waiting>>();
  readonly #alarm = new Alarm(() => this.#endIdle());

  constructor(parts: GroupRecoveriesParts) {
    this.#parts = parts;
  }

  async join(seat: LocalSeat, group: string, since: Position | undefined): Promise<Joined> {
    const { hub, histories } = this.#parts;
    if (histories.of(group) === undefined) return hub.join(seat, group);
    const waiting: Waiting = { seat, group, since, hasLeft: false };
    const all = this.#waiting.get(seat) ?? new Set();
    this.#waiting.set(seat, all.add(waiting));
    try {
      return await this.#recover(waiting);
    } finally {
      all.delete(waiting);
      if (all.size === 0) this.#waiting.delete(seat);
    }
  }

  left(seat: LocalSeat, group: string): void {
    for (const waiting of this.#waiting.get(seat) ?? []) if (waiting.group === group) waiting.hasLeft = true;
  }

  close(): void {
    this.#alarm.stop();
    this.#tails.clear();
  }

  async #recover(waiting: Waiting): Promise<Joined> {
    for (;;) {
      const entry = this.#tailOf(waiting.group);
      await entry.isReady;
      await this.#untilLive(entry, waiting.group);
      const found = entry.tail.isBroken ? undefined : await this.#admit(waiting, entry.tail);
      if (found !== undefined) return found;
    }
  }

  // It waits through lost connections, and learns then what it has missed.
  async #untilLive(entry: Tail, group: string): Promise<void> {
    try {
      await this.#parts.hub.join(entry.seat, group);
    } catch (error) {
      this.#end(group, entry);
      throw error;
    }
  }

  // Between two events, so that nothing comes twice, and nothing is missing between what is replayed and what is new. Nothing
  // is found while the group does not hear all: then the tail has yet to learn what it has missed.
  #admit(waiting: Waiting, tail: GroupTail): Promise<Joined | undefined> {
    const { hub } = this.#parts;
    const { seat, group, since } = waiting;
    return new Promise((resolve, reject) => {
      hub.inTurn((tick) => {
        if (waiting.hasLeft) {
          resolve(tail.found(false));
          return;
        }
        if (tail.isBroken || hub.links?.isLive(group) === false) {
          resolve(undefined);
          return;
        }
        const isMember = (): boolean => hub.membersOf(group)?.has(seat) === true;
        const missed = isMember() ? undefined : tail.after(since);
        const joining = hub.join(seat, group, tick);
        // It has ended, or may be in no more groups.
        const isIn = isMember();
        if (isIn && missed !== undefined && missed.length > 0) replayTo(seat, missed);
        joining.then(() => resolve(tail.found(isIn && missed !== undefined)), reject);
      });
    });
  }

  #tailOf(group: string): Tail {
    const before = this.#tails.get(group);
    if (before !== undefined) this.#tails.delete(group);
    const entry = before === undefined || before.tail.isBroken ? this.#open(group, before) : before;
    entry.usedAtMs = performance.now();
    this.#tails.set(group, entry);
    this.#alarm.within(tailIdleMs);
    if (this.#tails.size > maxTails) {
      const [oldest] = this.#tails;
      if (oldest !== undefined) this.#end(...oldest);
    }
    return entry;
  }

  #open(group: string, before: Tail | undefined): Tail {
    const { hub, histories, source, nextName } = this.#parts;
    const size = histories.of(group)?.messages ?? 1;
    const tail = new GroupTail({ size, compare: source.compare });
    const seat = hub.attach(nextName(), tail);
    const read = async (): Promise<void> => {
      try {
        await hub.join(seat, group);
      } finally {
        before?.seat.close();
      }
      tail.begin(await source.read(group));
    };
    const entry = { tail, seat, isReady: read(), usedAtMs: 0 };
    entry.isReady.catch(() => this.#end(group, entry));
    return entry;
  }

  // Whoever waits for it opens another one.
  #end(group: string, entry: Tail): void {
    if (this.#tails.get(group) === entry) this.#tails.delete(group);
    entry.tail.isBroken = true;
    entry.seat.close();
  }

  #endIdle(): void {
    const now = performance.now();
    for (const [group, entry] of this.#tails) {
      const leftMs = entry.usedAtMs + tailIdleMs - now;
      if (leftMs > 0) {
        this.#alarm.within(leftMs);
        return;
      }
      this.#end(group, entry);
    }
  }
}

function replayTo({ member }: LocalSeat, messages: readonly LayerMessage[]): void {
  if (member.replay !== undefined) member.replay(messages);
  else for (const message of messages) member.deliver(message);
}
