import { SolentError } from "../errors/solent-error.ts";
import { type Deferred, deferred, done, rejected } from "../internal/deferred.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import { GroupMembers } from "./group-members.ts";
import { type Joined, type JoinOptions, type Member, plainlyJoined, type Seat } from "../layer/member.ts";
import type { LayerMessage } from "../layer/message.ts";
import { requireGroupName } from "../layer/names.ts";

/** What the hub asks of whoever joins groups to other nodes. */
export interface GroupLinks {
  /** A group has a member here: resolves when it hears every later event of the group. */
  wanted(group: string, seat: LocalSeat): Promise<Joined>;
  /** Whether a group hears every event now, and nothing that was missed is being filled in. */
  isLive(group: string): boolean;
  /** A member has left; it waits no longer. */
  left(group: string, seat: LocalSeat): void;
  /** A group has no member here any more. */
  unwanted(group: string): void;
}

/** @internal The one promise of a join that had nothing to wait for. */
export const joined: Promise<Joined> = Promise.resolve(plainlyJoined);

/** Replays what a member missed. */
export interface Recoveries {
  join(seat: LocalSeat, group: string, since: string | undefined): Promise<Joined>;
  /** A member leaves a group that it may be waiting to join. */
  left(seat: LocalSeat, group: string): void;
}

/** Options of a hub. */
export interface HubOptions {
  readonly maxQueuedMessages: number;
  readonly maxGroupsPerChannel: number;
  readonly onFault: (error: unknown, channel: string) => void;
}

/** A member's place on the hub. */
export class LocalSeat implements Seat {
  readonly channelName: string;
  /** @internal */
  readonly member: Member;
  /** @internal */
  joined: Set<GroupMembers> | undefined;
  readonly #hub: Hub;

  constructor(hub: Hub, channelName: string, member: Member) {
    this.#hub = hub;
    this.channelName = channelName;
    this.member = member;
  }

  get groups(): Iterable<string> {
    return Array.from(this.joined ?? [], (group) => group.name);
  }

  join(group: string, options?: JoinOptions): Promise<Joined> {
    if (options === undefined || this.#hub.recoveries === undefined) return this.#hub.join(this, group);
    return this.#hub.recoveries.join(this, group, options.since);
  }

  leave(group: string): Promise<void> {
    this.#hub.recoveries?.left(this, group);
    return this.#hub.leave(this, group);
  }

  close(): void {
    this.#hub.remove(this);
  }
}

/** Who is left out of a group send. */
export type Except = string | readonly string[] | undefined;

/** To whom in a group, and as of when. */
export interface DeliveryOptions {
  readonly except?: Except;
  /** Members that joined later do not get it. @default now */
  readonly tick?: number;
}

interface Addressed {
  readonly except: Except;
  readonly tick: number;
}

// An event of a group that waits for its turn. `tick` is when it was sent: who joined later does not get it.
class GroupWork {
  readonly group: GroupMembers;
  readonly message: LayerMessage;
  readonly except: Except;
  readonly tick: number;

  constructor(group: GroupMembers, message: LayerMessage, to: Addressed) {
    this.group = group;
    this.message = message;
    this.except = to.except;
    this.tick = to.tick;
  }
}

// Something that happens between two messages.
class TurnWork {
  readonly run: (tick: number) => void;
  readonly tick: number;

  constructor(run: (tick: number) => void, tick: number) {
    this.run = run;
    this.tick = tick;
  }
}

class DirectWork {
  readonly channel: string;
  readonly message: LayerMessage;
  readonly taken: Deferred<boolean>;

  constructor(channel: string, message: LayerMessage) {
    this.channel = channel;
    this.message = message;
    this.taken = deferred();
  }
}

// So many messages in one go, then other events of the process get their turn: two handlers that answer each other's
// events synchronously would hold it for ever.
const maxTurn = 1000;

/**
 * Which local members are in which group, and the one queue from which everything is delivered.
 *
 * The queue is drained synchronously when it is idle, so an event usually costs no queueing at all; what members send
 * while one is being delivered waits for its end, which keeps one order for everybody.
 */
export class Hub {
  delivered = 0;
  refused = 0;
  faults = 0;
  memberships = 0;
  /** Who joins groups to other nodes; set once, before the first member. */
  links: GroupLinks | undefined;
  /** Who replays what was missed; set once, where groups remember anything. */
  recoveries: Recoveries | undefined;
  readonly #options: HubOptions;
  readonly #groups = new Map<string, GroupMembers>();
  readonly #seats = new Map<string, LocalSeat>();
  readonly #queue = new RingBuffer<GroupWork | DirectWork | TurnWork>();
  #tick = 0;
  #epoch = 0;
  #isDelivering = false;
  #resume: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get groups(): number {
    return this.#groups.size;
  }

  get seats(): number {
    return this.#seats.size;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** The moment now, for `deliverToGroup` and for comparing joins with it. */
  nextTick(): number {
    this.#tick += 1;
    return this.#tick;
  }

  attach(channelName: string, member: Member): LocalSeat {
    const seat = new LocalSeat(this, channelName, member);
    this.#seats.set(channelName, seat);
    return seat;
  }

  seatOf(channelName: string): LocalSeat | undefined {
    return this.#seats.get(channelName);
  }

  membersOf(group: string): GroupMembers | undefined {
    return this.#groups.get(group);
  }

  /** @param tick as of when: earlier events are not delivered to it. Now, where not given. */
  join(seat: LocalSeat, name: string, tick: number = this.#tick): Promise<Joined> {
    try {
      const group = this.#groups.get(name) ?? this.#newGroup(name);
      // A handler that goes on after its connection ended joins nothing: there would be nobody to leave.
      if (this.#closed || this.#seats.get(seat.channelName) !== seat) {
        if (group.size === 0) this.#groups.delete(name);
        return this.#closed ? rejected(new SolentError("LAYER_CLOSED")) : joined;
      }
      if (seat.joined?.has(group) !== true) this.#add(seat, group, tick);
    } catch (error) {
      return rejected(error as Error);
    }
    return this.links === undefined ? joined : this.links.wanted(name, seat);
  }

  /**
   * Runs something when all that waits now is delivered, and before anything that comes after it.
   *
   * @throws {SolentError} LAYER_BUSY when too many messages wait for their turn, LAYER_CLOSED.
   */
  inTurn(run: (tick: number) => void): void {
    if (this.#closed) throw new SolentError("LAYER_CLOSED");
    const work = new TurnWork(run, this.nextTick());
    if (!this.#isIdle()) {
      this.#enqueue(work);
      return;
    }
    this.#isDelivering = true;
    try {
      run(work.tick);
    } finally {
      this.#isDelivering = false;
    }
    if (this.#queue.size > 0) this.#drain();
  }

  leave(seat: LocalSeat, name: string): Promise<void> {
    const group = this.#groups.get(name);
    if (group !== undefined) {
      if (seat.joined?.delete(group) === true) this.#forget(seat, group);
      return done;
    }
    try {
      requireGroupName(name);
    } catch (error) {
      return rejected(error as Error);
    }
    return done;
  }

  /** Ends a seat: out of all groups, its name free. */
  remove(seat: LocalSeat): void {
    if (this.#seats.get(seat.channelName) !== seat) return;
    this.#seats.delete(seat.channelName);
    this.#leaveAll(seat);
  }

  /** Ends every membership of every group. */
  leaveAllGroups(): void {
    for (const group of this.#groups.values()) {
      for (const seat of group.list) {
        seat.joined?.delete(group);
        this.#forget(seat, group);
      }
    }
  }

  /** Delivers an event to the members of a group by name; to nobody where it has none here. */
  deliverToGroup(name: string, message: LayerMessage, options: DeliveryOptions = {}): void {
    const group = this.#groups.get(name);
    if (group !== undefined) this.deliverToMembers(group, message, options);
  }

  /**
   * Delivers an event to the members that are in the group now, or were at `tick`, in turn.
   *
   * @throws {SolentError} LAYER_BUSY when too many messages wait for their turn.
   */
  deliverToMembers(group: GroupMembers, message: LayerMessage, options: DeliveryOptions): void {
    const to: Addressed = { except: options.except, tick: options.tick ?? this.nextTick() };
    if (!this.#isIdle()) {
      this.#enqueue(new GroupWork(group, message, to));
      return;
    }
    this.#isDelivering = true;
    try {
      this.#toGroup(group, message, to);
    } finally {
      this.#isDelivering = false;
    }
    if (this.#queue.size > 0) this.#drain();
  }

  /**
   * Delivers a message to one member, in turn.
   *
   * @returns whether it was taken; `undefined` when there is no such member.
   * @throws {SolentError} LAYER_BUSY when too many messages wait for their turn.
   */
  deliverTo(channel: string, message: LayerMessage): boolean | undefined | Promise<boolean | undefined> {
    const seat = this.#seats.get(channel);
    if (seat === undefined) return undefined;
    if (!this.#isIdle()) {
      const work = new DirectWork(channel, message);
      this.#enqueue(work);
      return work.taken.promise;
    }
    this.#isDelivering = true;
    let taken: boolean;
    try {
      taken = this.#hand(seat, message);
    } finally {
      this.#isDelivering = false;
    }
    if (this.#queue.size > 0) this.#drain();
    return taken;
  }

  /** Ends all seats; what waits for its turn is not delivered, and its senders are told. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#resume);
    this.#resume = undefined;
    for (let work = this.#queue.shift(); work !== undefined; work = this.#queue.shift()) {
      if (work instanceof DirectWork) work.taken.reject(new SolentError("LAYER_CLOSED"));
    }
    for (const seat of this.#seats.values()) this.remove(seat);
  }

  #isIdle(): boolean {
    return !this.#isDelivering && this.#queue.size === 0;
  }

  #newGroup(name: string): GroupMembers {
    requireGroupName(name);
    this.#epoch += 1;
    const group = new GroupMembers(name, this.#epoch);
    this.#groups.set(name, group);
    return group;
  }

  #add(seat: LocalSeat, group: GroupMembers, tick: number): void {
    const joined = (seat.joined ??= new Set());
    const limit = this.#options.maxGroupsPerChannel;
    if (joined.size >= limit) {
      if (group.size === 0) this.#groups.delete(group.name);
      throw new SolentError("LAYER_BUSY", { what: `groups of the channel "${seat.channelName}"`, limit });
    }
    joined.add(group);
    group.add(seat, tick);
    this.memberships += 1;
  }

  #leaveAll(seat: LocalSeat): void {
    const { joined } = seat;
    if (joined === undefined) return;
    seat.joined = undefined;
    for (const group of joined) this.#forget(seat, group);
  }

  #forget(seat: LocalSeat, group: GroupMembers): void {
    group.remove(seat);
    this.memberships -= 1;
    this.links?.left(group.name, seat);
    if (group.size > 0) return;
    this.#groups.delete(group.name);
    this.links?.unwanted(group.name);
  }

  #enqueue(work: GroupWork | DirectWork | TurnWork): void {
    const limit = this.#options.maxQueuedMessages;
    if (this.#queue.size >= limit)
      throw new SolentError("LAYER_BUSY", { what: "messages waiting for delivery", limit });
    this.#queue.push(work);
  }

  #drain(): void {
    this.#isDelivering = true;
    try {
      for (let i = 0; i < maxTurn; i += 1) {
        const work = this.#queue.shift();
        if (work === undefined) return;
        if (work instanceof GroupWork) this.#toGroup(work.group, work.message, work);
        else if (work instanceof DirectWork) this.#toChannel(work);
        else work.run(work.tick);
      }
    } finally {
      this.#isDelivering = false;
    }
    if (this.#queue.size > 0 && !this.#closed) this.#resume = setTimeout(() => this.#drain(), 0);
  }

  #toChannel(work: DirectWork): void {
    const seat = this.#seats.get(work.channel);
    if (seat === undefined) work.taken.reject(new SolentError("CHANNEL_UNREACHABLE", { channel: work.channel }));
    else work.taken.resolve(this.#hand(seat, work.message));
  }

  // The hot path: one call a member and nothing else, unless somebody joined or left since the event was sent.
  #toGroup(group: GroupMembers, message: LayerMessage, to: Addressed): void {
    const except = to.except === undefined ? undefined : this.#excluded(to.except);
    const { sole } = group;
    if (sole !== undefined) {
      if (group.newest < to.tick && !isExcluded(sole, except)) this.#handEvent(sole, message);
      return;
    }
    const { list } = group;
    let isCertain = group.newest < to.tick;
    for (const seat of list) {
      // Once a handler made a member join or leave, this list is old: look at each of the rest.
      if (isCertain && group.list !== list) isCertain = false;
      if (!isCertain && !group.joinedBefore(seat, to.tick)) continue;
      if (except !== undefined && isExcluded(seat, except)) continue;
      this.#handEvent(seat, message);
    }
  }

  #excluded(except: string | readonly string[]): LocalSeat | ReadonlySet<LocalSeat> | undefined {
    if (typeof except === "string") return this.#seats.get(except);
    const seats = new Set<LocalSeat>();
    for (const name of except) {
      const seat = this.#seats.get(name);
      if (seat !== undefined) seats.add(seat);
    }
    return seats;
  }

  #handEvent(seat: LocalSeat, message: LayerMessage): void {
    if (!this.#hand(seat, message)) this.refused += 1;
  }

  #hand(seat: LocalSeat, message: LayerMessage): boolean {
    try {
      const isTaken = seat.member.deliver(message);
      if (isTaken) this.delivered += 1;
      return isTaken;
    } catch (error) {
      // One member's fault must not cost the others their message.
      this.faults += 1;
      this.#options.onFault(error, seat.channelName);
      return false;
    }
  }
}

function isExcluded(seat: LocalSeat, except: LocalSeat | ReadonlySet<LocalSeat> | undefined): boolean {
  return except instanceof LocalSeat ? except === seat : except?.has(seat) === true;
}
