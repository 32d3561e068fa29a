import type { ErrorDetails } from "../errors/catalogue.ts";
import { SolentError } from "../errors/solent-error.ts";
import { done, rejected } from "../internal/deferred.ts";
import type { Broker, Position } from "../layer/broker.ts";
import type { CallOutcome } from "./calls.ts";
import { type Channel, flat, OpenChannel, ReaderQueue } from "../layer/channel.ts";
import type {
  ChannelLayer,
  ChannelSender,
  GroupEvent,
  GroupHistory,
  GroupSender,
  GroupSendOptions,
  HistoryRead,
  LayerCapabilities,
  LayerStats,
  NewChannelOptions,
} from "../layer/channel-layer.ts";
import {
  type ChannelArguments,
  type EventArguments,
  type EventContract,
  type EventTypeOf,
  isVolatile,
} from "../layer/contract-group.ts";
import { eventData, flatData, type Message, requireEventType, requireMessage } from "../layer/event.ts";
import type { GroupMembers } from "./group-members.ts";
import { GroupMemory } from "./group-memory.ts";
import { GroupRecoveries } from "./group-recoveries.ts";
import { Hub } from "./hub.ts";
import {
  type ChannelLayerOptions,
  type ClusterOptions,
  resolveClusterOptions,
  type ResolvedClusterOptions,
  type ResolvedLayerOptions,
  resolveLayerOptions,
} from "../layer/layer-options.ts";
import type { OverflowPolicy } from "../layer/mailbox.ts";
import type { Member, Seat } from "../layer/member.ts";
import type { EventData, LayerMessage, LeasedMessage } from "../layer/message.ts";
import type { ReceiveOptions } from "../layer/readers.ts";
import type { ForeignWire, NodeNames } from "../layer/foreign-wire.ts";
import { ChannelNames, newNodeId, requireChannelName, requireGroupName } from "../layer/names.ts";
import { MemoryHistory } from "./memory-history.ts";
import { PlainChannels, type PlainCounters, type PlainQueues, unleased } from "./plain-channels.ts";
import { Remote } from "./remote.ts";
import { SharedChannels } from "./shared-channels.ts";
import type { WireCodec } from "../layer/wire-codec.ts";
import type { WireEvent } from "./wire-event.ts";

/** What a layer with other nodes is made of. */
export interface ClusterParts {
  /** Carries groups and inboxes. The layer starts and closes it. */
  readonly broker: Broker;
  /** How events and calls are written. Default JSON. */
  readonly codec?: WireCodec | undefined;
  /** The format of another system, in place of Solent's envelopes; where and only where the broker has none. */
  readonly foreign?: ForeignWire | undefined;
  /** Whether it only sends: then nobody becomes a member, and it subscribes to nothing. Default `false`. */
  readonly isSender?: boolean | undefined;
}

/** A channel layer: a hub for the members of this node, and where there is one, a broker to the other nodes. */
export class HubChannelLayer implements ChannelLayer {
  readonly capabilities: LayerCapabilities;
  readonly counters: PlainCounters = {
    dropped: 0,
    expired: 0,
    replaced: 0,
    abandoned: 0,
    malformed: 0,
    unknownVersion: 0,
  };
  /** The name of this node in the channel names that it gives. */
  readonly node: string;
  readonly #options: ResolvedLayerOptions;
  readonly #hub: Hub;
  readonly #plain: PlainQueues;
  readonly #shared: SharedChannels | undefined;
  readonly #names: NodeNames;
  readonly #remote: Remote | undefined;
  readonly #memory: MemoryHistory;
  readonly #groupMemory: GroupMemory;
  readonly #recoveries: GroupRecoveries;
  readonly #isSender: boolean;
  readonly #opened = new Map<string, ReaderQueue>();
  #published = 0;
  #isClosed = false;

  /**
   * @param cluster the way to other nodes; without it the layer is this process.
   * @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule.
   */
  constructor(options: ChannelLayerOptions = {}, cluster?: ClusterOptions & ClusterParts) {
    this.#options = resolveLayerOptions(options);
    this.#hub = new Hub(this.#options);
    this.#names = namesOf(cluster);
    this.node = this.#names.node;
    const parts = cluster && partsOf(cluster);
    this.#shared = parts && this.#share(parts);
    this.#plain = this.#shared ?? new PlainChannels(this.#options, this.#hub, this.counters);
    this.#isSender = cluster?.isSender === true;
    this.#remote = parts && this.#connect(parts);
    this.capabilities = Object.freeze({ ...(cluster?.broker.capabilities ?? alone) });
    const { histories, now } = this.#options;
    histories.requireAllowed(this.capabilities.history);
    this.#memory = new MemoryHistory(this.node, now);
    this.#groupMemory = new GroupMemory(this.#remote ?? this.#memory, histories);
    const own = { hub: this.#hub, histories, source: this.#groupMemory, nextName: () => this.#names.next() };
    this.#recoveries = this.#hub.recoveries = new GroupRecoveries(own);
    this.#remote?.start();
  }

  get expiryMs(): number {
    return this.#options.expiryMs;
  }

  get overflow(): OverflowPolicy {
    return this.#options.overflow;
  }

  get now(): () => number {
    return this.#options.now;
  }

  capacityOf(channel: string): number {
    return this.#options.capacities.of(channel);
  }

  attach(member: Member): Seat {
    this.#requireOpen();
    return this.#hub.attach(this.#names.next(), member);
  }

  async newChannel(options: NewChannelOptions = {}): Promise<Channel> {
    this.#requireOpen();
    const name = this.#names.next(options.prefix);
    const { overflow, now } = this.#options;
    const queue = new ReaderQueue(name, { capacity: this.capacityOf(name), overflow, now, counters: this.counters });
    const seat = this.#hub.attach(name, queue);
    this.#opened.set(name, queue);
    return new OpenChannel(queue, seat, () => this.#opened.delete(name));
  }

  async send(channel: string, message: Message): Promise<void> {
    this.#requireOpen();
    requireChannelName(channel);
    requireMessage(message);
    const data = flatData(message, this.#options.maxMessageBytes);
    await this.#sendTo(channel, this.#message({ type: message.type }, data));
  }

  async receive(channel: string, options?: ReceiveOptions): Promise<Message> {
    return flat(await this.take(channel, options));
  }

  async take(channel: string, options?: ReceiveOptions): Promise<LayerMessage> {
    this.#requireOpen();
    requireChannelName(channel);
    return this.#isPlain(channel) ? this.#plain.take(channel, options) : this.#queueOf(channel).take(options);
  }

  async lease(channel: string, options?: ReceiveOptions): Promise<LeasedMessage> {
    this.#requireOpen();
    requireChannelName(channel);
    if (this.#isPlain(channel)) return this.#plain.lease(channel, options);
    return unleased(await this.#queueOf(channel).take(options));
  }

  async groupAdd(group: string, channel: string): Promise<void> {
    this.#requireOpen();
    requireGroupName(group);
    requireChannelName(channel);
    if (this.#isRemote(channel)) await this.#ask(channel, (remote) => remote.change("join", group, channel));
    else await this.#seatOf(channel).join(group);
  }

  async groupDiscard(group: string, channel: string): Promise<void> {
    this.#requireOpen();
    requireGroupName(group);
    requireChannelName(channel);
    if (this.#isRemote(channel)) await this.#ask(channel, (remote) => remote.change("leave", group, channel));
    else await this.#hub.seatOf(channel)?.leave(group);
  }

  groupSend(group: string, message: Message, options?: GroupSendOptions): Promise<void> {
    try {
      requireMessage(message);
      const data = flatData(message, this.#options.maxMessageBytes);
      return this.#toGroup(group, { type: message.type, except: options?.except }, data);
    } catch (error) {
      return rejected(error as Error);
    }
  }

  publish(group: string, event: GroupEvent): Promise<void> {
    try {
      requireEventType(event.type);
      const data = eventData(event.type, event.data, this.#options.maxMessageBytes);
      return this.#toGroup(group, event, data);
    } catch (error) {
      return rejected(error as Error);
    }
  }

  async history(group: string, options?: HistoryRead): Promise<GroupHistory> {
    this.#requireOpen();
    return this.#groupMemory.history(group, options);
  }

  group<Contract extends EventContract>(contract: Contract, name: string): GroupSender<Contract> {
    requireGroupName(name);
    const send = async <Type extends EventTypeOf<Contract>>(
      type: Type,
      ...[data, options]: EventArguments<Contract, Type>
    ): Promise<void> => {
      const checked = contract["~validateEvent"](type, data);
      const volatile = isVolatile(contract, type);
      await this.publish(name, { type, data: checked, validatedBy: contract, except: options?.except, volatile });
    };
    return Object.freeze({ name, send });
  }

  channel<Contract extends EventContract>(contract: Contract, name: string): ChannelSender<Contract> {
    requireChannelName(name);
    const send = async <Type extends EventTypeOf<Contract>>(
      type: Type,
      ...[data]: ChannelArguments<Contract, Type>
    ): Promise<void> => {
      this.#requireOpen();
      const checked = eventData(type, contract["~validateEvent"](type, data), this.#options.maxMessageBytes);
      await this.#sendTo(name, this.#message({ type, validatedBy: contract }, checked));
    };
    return Object.freeze({ name, send });
  }

  async flush(): Promise<void> {
    this.#requireOpen();
    if (this.#remote === undefined) {
      this.#flushHere();
      return;
    }
    failUnlessOk(await this.#remote.flush(), {});
    await this.#shared?.flush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const reason = new SolentError("LAYER_CLOSED");
    const settled = this.#plain.close(reason);
    for (const queue of this.#opened.values()) queue.close(reason);
    this.#opened.clear();
    this.#recoveries.close();
    this.#memory.clear();
    // Before the hub, so that joins that wait reject rather than end with their memberships.
    const closing = this.#remote?.close(settled);
    this.#hub.close();
    await closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): LayerStats {
    const opened = [...this.#opened.values()];
    return {
      channels: this.#hub.seats + this.#plain.unseated,
      groups: this.#hub.groups,
      memberships: this.#hub.memberships,
      queued: this.#plain.queued + opened.reduce((sum, queue) => sum + queue.pending, 0),
      readers: this.#plain.readers + opened.reduce((sum, queue) => sum + queue.readers, 0),
      waiting: this.#hub.queued + (this.#remote?.waiting ?? 0),
      published: this.#published,
      delivered: this.#hub.delivered,
      refused: this.#hub.refused,
      ...this.counters,
      duplicates: this.#remote?.duplicates ?? 0,
      gaps: this.#remote?.gaps ?? 0,
      inboxGaps: this.#remote?.inboxGaps ?? 0,
      unknownVersion: this.counters.unknownVersion + (this.#remote?.unknownVersion ?? 0),
      malformed: this.counters.malformed + (this.#remote?.malformed ?? 0),
      faults: this.#hub.faults,
    };
  }

  #connect({ broker, codec, foreign, isSender, times }: ResolvedCluster): Remote {
    const { maxQueuedMessages, now, expiryMs } = this.#options;
    const local = {
      hub: this.#hub,
      flush: () => this.#flushHere(),
      expiresAtMs: () => now() + expiryMs,
      queued: (queue: string) => this.#shared?.hint(queue),
    };
    const limits = { maxCalls: maxQueuedMessages, maxWaitingJoins: maxQueuedMessages };
    const wire = { codec, format: foreign?.format, isSender };
    const options = { ...times, ...limits, ...wire, histories: this.#options.histories };
    const remote = new Remote({ names: this.#names, broker, local }, options);
    this.#hub.links = remote.links;
    return remote;
  }

  #share({ broker, codec, times }: ResolvedCluster): SharedChannels | undefined {
    const { queues } = broker;
    if (queues === undefined) return undefined;
    const { node } = this;
    const parts = { hub: this.#hub, broker, queues, node, codec, counters: this.counters };
    return new SharedChannels(parts, { ...this.#options, ...times });
  }

  #flushHere(): void {
    this.#hub.leaveAllGroups();
    this.#plain.clear();
    for (const queue of this.#opened.values()) queue.clear();
  }

  #isRemote(channel: string): boolean {
    // Who only sends has no channels, and none under a plain name either.
    if (this.#isSender) return true;
    const node = this.#names.nodeOf(channel);
    return node !== undefined && node !== this.node;
  }

  #isPlain(channel: string): boolean {
    return this.#names.nodeOf(channel) === undefined;
  }

  async #ask(channel: string, ask: (remote: Remote) => Promise<CallOutcome>): Promise<void> {
    const outcome = this.#remote === undefined ? "CHANNEL_UNREACHABLE" : await ask(this.#remote);
    failUnlessOk(outcome, {
      channel,
      what: `the channel "${channel}"`,
      capacity: this.capacityOf(channel),
      limit: "of its node",
    });
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SolentError("LAYER_CLOSED");
  }

  #message(
    event: Omit<GroupEvent, "data">,
    data: EventData,
    { group, position }: { group?: string; position?: Position | undefined } = {},
  ): LayerMessage {
    const { type, sender, validatedBy, volatile = false } = event;
    const meta = Object.freeze({ type, group, sender, position, replayed: false, redelivered: false });
    return { data, meta, validatedBy, volatile, expiresAtMs: this.#options.now() + this.#options.expiryMs };
  }

  #toGroup(name: string, event: Omit<GroupEvent, "data">, data: EventData): Promise<void> {
    this.#requireOpen();
    const group = this.#hub.membersOf(name);
    // A group that has members has a valid name.
    if (group === undefined) requireGroupName(name);
    if (this.#remote !== undefined) {
      this.#published += 1;
      return this.#remote.publish(name, wireEvent(event, data), this.#options.histories.of(name));
    }
    const message = this.#placed(name, { event, data, members: group });
    if (group !== undefined && message !== undefined) this.#hub.deliverToMembers(group, message, event);
    this.#published += 1;
    return done;
  }

  // Without a broker this node is all there is of a group: its members' own count is the group's, or what it remembers is.
  #placed(
    group: string,
    { event, data, members }: { event: Omit<GroupEvent, "data">; data: EventData; members: GroupMembers | undefined },
  ): LayerMessage | undefined {
    if (event.volatile === true) return members && this.#message(event, data, { group });
    const policy = this.#options.histories.of(group);
    if (policy !== undefined)
      return this.#memory.append(group, policy, (position) => this.#message(event, data, { group, position }));
    if (members === undefined) return undefined;
    const position = `1.${this.node}.${members.epoch}.${members.nextOffset()}`;
    return this.#message(event, data, { group, position });
  }

  async #sendTo(channel: string, message: LayerMessage): Promise<void> {
    if (this.#shared !== undefined && this.#isPlain(channel)) {
      this.#requireTaken(await this.#shared.deliver(channel, message), channel);
      return;
    }
    if (this.#isRemote(channel)) {
      await this.#ask(channel, (remote) =>
        remote.send(channel, wireEvent({ ...message, ...message.meta }, message.data)),
      );
      return;
    }
    let isTaken = await this.#hub.deliverTo(channel, message);
    if (isTaken === undefined) {
      if (!this.#isPlain(channel)) throw new SolentError("CHANNEL_UNREACHABLE", { channel });
      isTaken = await this.#plain.deliver(channel, message);
    }
    this.#requireTaken(isTaken, channel);
  }

  #requireTaken(isTaken: boolean, channel: string): void {
    if (!isTaken) throw new SolentError("CHANNEL_FULL", { channel, capacity: this.capacityOf(channel) });
  }

  #queueOf(channel: string): ReaderQueue {
    if (this.#isRemote(channel)) {
      throw new SolentError("NAME_INVALID", {
        kind: "channel",
        name: channel,
        rule: "a channel is read on its own node",
      });
    }
    const queue = this.#opened.get(channel);
    if (queue === undefined) throw new SolentError("CHANNEL_UNREACHABLE", { channel });
    return queue;
  }

  #seatOf(channel: string): Seat {
    const seat = this.#isPlain(channel) ? this.#plain.seatOf(channel) : this.#hub.seatOf(channel);
    if (seat === undefined) throw new SolentError("CHANNEL_UNREACHABLE", { channel });
    return seat;
  }
}

const alone: LayerCapabilities = {
  offsets: true,
  history: true,
  presence: false,
  receivers: false,
  envelopes: true,
  queues: false,
};

interface ResolvedCluster extends ClusterParts {
  readonly times: ResolvedClusterOptions;
}

function partsOf({ broker, codec, foreign, isSender, ...times }: ClusterOptions & ClusterParts): ResolvedCluster {
  return { broker, codec, foreign, isSender, times: resolveClusterOptions(times) };
}

function namesOf(cluster: ClusterParts | undefined): NodeNames {
  const { foreign, broker } = cluster ?? {};
  if (broker !== undefined && broker.capabilities.envelopes !== (foreign === undefined)) {
    const rule = "it is for a broker without envelopes, and such a broker needs it";
    throw new SolentError("CONFIG_INVALID", { option: "foreign", value: foreign && "given", rule });
  }
  return foreign?.names ?? new ChannelNames(newNodeId());
}

function wireEvent({ type, sender, except, volatile = false }: Omit<GroupEvent, "data">, data: EventData): WireEvent {
  return { type, data, sender, except, volatile };
}

function failUnlessOk(outcome: CallOutcome, details: ErrorDetails): void {
  if (outcome !== "ok") throw new SolentError(outcome, details);
}
