import { SolentError } from "../errors/solent-error.ts";
import { done } from "../internal/deferred.ts";
import { RecentIds } from "../internal/recent-ids.ts";
import type {
  Broker,
  BrokerMessage,
  HistoryOptions,
  HistoryPage,
  Position,
  PositionRelation,
} from "../layer/broker.ts";
import { type CallOutcome, Calls, outcomeOf } from "./calls.ts";
import { open, seal, sealBinary, sealWith } from "./envelope.ts";
import { type GroupLinks, type Hub, LocalSeat } from "./hub.ts";
import { type EventData, type EventMeta, gapNotice, type GroupGap, type LayerMessage } from "../layer/message.ts";
import type { Histories, HistoryPolicy } from "../layer/history-policy.ts";
import { nodeIdLength } from "../layer/names.ts";
import { replayed } from "./group-tail.ts";
import type { MemoryPage, MemoryStore } from "./group-memory.ts";
import type { EventFormat, NodeNames } from "../layer/foreign-wire.ts";
import { type SubscriptionOptions, Subscriptions } from "./subscriptions.ts";
import {
  decodeEvent,
  decodeForeign,
  encodeEvent,
  encodeForeign,
  flushType,
  readEvent,
  type WireEvent,
  wireForm,
} from "./wire-event.ts";
import type { WireCodec } from "../layer/wire-codec.ts";
import { memoOf } from "../internal/snapshot.ts";

/** What the other nodes need of this one. */
export interface LocalSide {
  readonly hub: Hub;
  /** The hub's clock now, plus the time an unread message is kept. */
  expiresAtMs(): number;
  /** Empties every channel and group of this node. */
  flush(): void;
  /** There may be something in a queue that nodes share. */
  queued(queue: string): void;
}

/** Limits and times between nodes. */
export interface RemoteOptions extends SubscriptionOptions {
  /** How long a call waits for another node, in ms. */
  readonly callTimeoutMs: number;
  /** How many calls may wait. */
  readonly maxCalls: number;
  /** How values are written; JSON where not given. */
  readonly codec?: WireCodec | undefined;
  /** How events are written where there are no envelopes. */
  readonly format?: EventFormat | undefined;
  /** What groups remember. */
  readonly histories: Histories;
  /** It has no members, and needs not hear what is for all nodes. */
  readonly isSender?: boolean | undefined;
}

/** What one node's side of the traffic is made of. */
export interface RemoteParts {
  readonly names: NodeNames;
  readonly broker: Broker;
  readonly local: LocalSide;
}

type Action = "send" | "join" | "leave";

// No user can name a group so: every node listens to it.
const everyNode = "!nodes";

/** One node's side of the traffic with other nodes: events and subscriptions through the broker, calls through inboxes. */
export class Remote implements MemoryStore {
  gaps = 0;
  inboxGaps = 0;
  unknownVersion = 0;
  malformed = 0;
  readonly #names: NodeNames;
  readonly #broker: Broker;
  readonly #local: LocalSide;
  readonly #calls: Calls;
  readonly #subscriptions: Subscriptions;
  readonly #seen = new RecentIds(8192);
  readonly #codec: WireCodec | undefined;
  readonly #format: EventFormat | undefined;
  readonly #histories: Histories;
  readonly #isSender: boolean;
  readonly #answers = new Map<string, (readonly [unknown, CallOutcome])[]>();
  readonly #listener: LocalSeat;
  #lastId = 0;
  #isClosed = false;

  constructor(parts: RemoteParts, options: RemoteOptions) {
    this.#names = parts.names;
    this.#broker = parts.broker;
    this.#local = parts.local;
    this.#codec = options.codec;
    this.#format = options.format;
    this.#histories = options.histories;
    this.#isSender = options.isSender === true;
    this.#listener = new Listener(parts.local.hub, everyNode, { deliver: () => false });
    this.#calls = new Calls(options.callTimeoutMs, options.maxCalls);
    this.#subscriptions = new Subscriptions(
      parts.broker,
      {
        deliver: (message, tick) => this.#deliver(message, tick),
        missed: this.#broker.capabilities.history ? (group, after) => this.#missed(group, after) : undefined,
        gap: (hole, tick) => this.#tellGap(hole, tick),
        isDuplicate: (id) => !this.#seen.add(id),
        nextTick: () => this.#hub.nextTick(),
      },
      options,
    );
  }

  get links(): GroupLinks {
    return this.#subscriptions;
  }

  get waiting(): number {
    return this.#calls.size + this.#subscriptions.waiting;
  }

  get duplicates(): number {
    return this.#subscriptions.duplicates;
  }

  get #hub(): Hub {
    return this.#local.hub;
  }

  start(): void {
    const subscriptions = this.#subscriptions;
    this.#broker.start(this.#names.node, {
      message: (message) => subscriptions.message(message),
      inbox: (id, bytes, channel) => {
        if (this.#format === undefined) this.#receive(id, bytes);
        else this.#receiveForeign(channel, bytes, this.#format);
      },
      inboxLost: () => (this.inboxGaps += 1),
      lost: (scope, cause) => subscriptions.lost(scope, cause),
      restored: (scope) => subscriptions.restored(scope),
      queued: (queue) => this.#local.queued(queue),
    });
    if (this.#isSender || this.#format !== undefined) return;
    // When it takes long to connect, this wait ends before the subscription is made; that it is wanted stays known.
    subscriptions.wanted(everyNode, this.#listener).catch(ignore);
  }

  /** Sends an event to a group on all nodes; this node's members hear it from the subscription, as everybody does. */
  publish(group: string, event: WireEvent, keep?: HistoryPolicy): Promise<void> {
    const bytes = this.#encode(event);
    this.#requireSize(bytes);
    const liveness = this.#subscriptions.livenessOf(group);
    const id = this.#newId();
    const published = this.#broker.publish(group, bytes, { id, volatile: event.volatile, keep });
    return published.then(
      ({ receivers }) => {
        if (receivers === 0) this.#subscriptions.reachedNobody(group, liveness);
      },
      (error: unknown) => {
        // What has come back was accepted, whatever became of the answer.
        if (!this.#seen.has(id)) rethrowCertain(error);
      },
    );
  }

  /** Reads what a group remembers; what cannot be read as an event is left out, and counted. */
  async history(group: string, options: HistoryOptions): Promise<MemoryPage> {
    const { messages, isComplete, top } = await this.#broker.history(group, options);
    return { messages: messages.flatMap((message) => this.#remembered(message)), isComplete, top };
  }

  // A reading overtakes what is on its way to this node: the answer to this does not.
  async caughtUp(group: string): Promise<void> {
    await this.#broker.positions([group]);
  }

  compare(last: Position | undefined, next: Position): PositionRelation {
    return this.#broker.compare(last, next);
  }

  /** Sends a message to a channel of another node. */
  send(channel: string, event: WireEvent): Promise<CallOutcome> {
    if (this.#format !== undefined) return this.#sendForeign(channel, event);
    return this.#call(channel, "send", { payload: wireForm(event), hasBinary: memoOf(event.data)?.hasBinary === true });
  }

  /** Puts a channel of another node into a group, or takes it out. */
  async change(action: "join" | "leave", group: string, channel: string): Promise<CallOutcome> {
    // Only a node of Solent would understand the question.
    if (this.#format !== undefined) return "CHANNEL_UNREACHABLE";
    return this.#call(channel, action, { payload: group });
  }

  /** Empties all nodes, of Solent's own; resolves when this one has done it. */
  async flush(): Promise<CallOutcome> {
    if (this.#format !== undefined) {
      this.#local.flush();
      return "ok";
    }
    await this.#subscriptions.wanted(everyNode, this.#listener);
    const { number, answer } = this.#calls.open();
    const data: EventData = { node: this.#names.node, number };
    const event = { type: flushType, data, sender: undefined, except: undefined, volatile: false };
    try {
      await this.publish(everyNode, event);
    } catch (error) {
      this.#calls.fail(number, error);
    }
    return answer;
  }

  /** @param last what still needs the broker. */
  async close(last?: Promise<void>): Promise<void> {
    this.#isClosed = true;
    this.#subscriptions.close();
    this.#calls.close();
    if (last !== undefined) await last;
    await this.#broker.close();
  }

  async #call(channel: string, action: Action, about: { payload: unknown; hasBinary?: boolean }): Promise<CallOutcome> {
    const { number, answer } = this.#calls.open();
    try {
      const call = ["call", this.#names.node, number, action, channel, about.payload];
      const bytes = this.#seal(call, about.hasBinary);
      this.#requireSize(bytes);
      // Not awaited: the answer can overtake the broker's, and the deadline holds for both.
      void this.#broker
        .send(this.#names.nodeOf(channel) ?? "", bytes, this.#newId())
        .catch(rethrowCertain)
        .then(
          (isReached) => isReached || this.#calls.settle(number, "CHANNEL_UNREACHABLE"),
          (error: unknown) => this.#calls.fail(number, error),
        );
    } catch (error) {
      this.#calls.fail(number, error);
    }
    return answer;
  }

  // No answer will come: that somebody listens on that channel is all that can be known.
  async #sendForeign(channel: string, event: WireEvent): Promise<CallOutcome> {
    const bytes = this.#encode(event);
    this.#requireSize(bytes);
    const isReached = await this.#broker.send(channel, bytes, this.#newId()).catch(rethrowCertain);
    return isReached ? "ok" : "CHANNEL_UNREACHABLE";
  }

  // What a group remembers after a position, as far as it does.
  #missed(group: string, from: Position | undefined): Promise<HistoryPage> | undefined {
    const policy = this.#histories.of(group);
    if (policy === undefined) return undefined;
    const { messages: limit, ageMs: maxAgeMs } = policy;
    return this.#broker.history(group, { from, direction: "newer", limit, maxAgeMs });
  }

  #deliver(message: BrokerMessage, tick?: number): boolean {
    const event = this.#decode(message.bytes);
    if (typeof event === "string") {
      this[event] += 1;
      return true;
    }
    if (event.type === flushType) {
      if (message.group === everyNode) this.#flushHere(event.data);
      return true;
    }
    try {
      const delivered = this.#message(event, message);
      const { except } = event;
      this.#hub.deliverToGroup(message.group, delivered, tick === undefined ? { except } : { except, tick });
      return true;
    } catch (error) {
      if (SolentError.is(error, "LAYER_BUSY")) return false;
      throw error;
    }
  }

  #remembered(message: BrokerMessage): LayerMessage[] {
    const event = this.#decode(message.bytes);
    if (typeof event === "string") {
      this[event] += 1;
      return [];
    }
    return [replayed(this.#message(event, message))];
  }

  #message(event: WireEvent, from: Partial<Omit<BrokerMessage, "bytes">>): LayerMessage {
    const { type, data, volatile } = event;
    const { group, position, id } = from;
    const sender = senderOf(event.sender, id);
    const meta: EventMeta = { type, group, sender, position, replayed: false, redelivered: false };
    return {
      data,
      meta: Object.freeze(meta),
      validatedBy: undefined,
      volatile,
      expiresAtMs: this.#local.expiresAtMs(),
      id,
    };
  }

  #tellGap(hole: GroupGap, tick: number): void {
    if (hole.group === everyNode) return;
    this.gaps += 1;
    try {
      this.#hub.deliverToGroup(hole.group, gapNotice(hole), { tick });
    } catch (error) {
      // The hub is full: the event after the hole does not fit either, and makes it a hole again.
      if (!SolentError.is(error, "LAYER_BUSY")) throw error;
    }
  }

  #flushHere(data: EventData): void {
    this.#local.flush();
    if (data["node"] === this.#names.node) this.#calls.settle(data["number"], "ok");
  }

  // Inbox

  #receive(id: string | undefined, bytes: Uint8Array): void {
    if (id !== undefined && !this.#seen.add(id)) return;
    const opened = open(bytes, this.#codec);
    if (opened.outcome !== "value") {
      this[opened.outcome] += 1;
      return;
    }
    const [kind, from, ...rest] = Array.isArray(opened.value) ? (opened.value as unknown[]) : [];
    if (kind === "call" && typeof from === "string") this.#perform(from, rest);
    else if (kind === "answers" && Array.isArray(from)) this.#settle(from);
    else this.malformed += 1;
  }

  // Nobody waits for an answer, so a member that is full or gone is counted, as for an event of a group.
  #receiveForeign(channel: string | undefined, bytes: Uint8Array, format: EventFormat): void {
    const event = decodeForeign(bytes, format);
    if (event === "malformed" || channel === undefined) {
      this.malformed += 1;
      return;
    }
    void this.#hand(channel, event).then(
      (outcome) => (this.#hub.refused += outcome === "ok" ? 0 : 1),
      () => (this.#hub.refused += 1),
    );
  }

  #settle(answers: readonly unknown[]): void {
    for (const answer of answers) {
      if (Array.isArray(answer)) this.#calls.settle(answer[0], outcomeOf(answer[1]));
      else this.malformed += 1;
    }
  }

  #perform(from: string, [number, action, channel, payload]: readonly unknown[]): void {
    const work = typeof channel === "string" ? this.#workOf(action, channel, payload) : undefined;
    if (work === undefined) {
      this.malformed += 1;
      return;
    }
    void work.then(
      (outcome) => this.#answer(from, [number, outcome]),
      (error: unknown) => this.#answer(from, [number, outcomeOf(SolentError.is(error) ? error.code : undefined)]),
    );
  }

  #workOf(action: unknown, channel: string, payload: unknown): Promise<CallOutcome> | undefined {
    if (action === "send") {
      const event = readEvent(payload);
      return event === "malformed" ? undefined : this.#hand(channel, event);
    }
    if (typeof payload !== "string" || (action !== "join" && action !== "leave")) return undefined;
    return this.#membership(action, channel, payload);
  }

  async #hand(channel: string, event: WireEvent): Promise<CallOutcome> {
    const isTaken = await this.#hub.deliverTo(channel, this.#message(event, {}));
    if (isTaken === undefined) return "CHANNEL_UNREACHABLE";
    return isTaken ? "ok" : "CHANNEL_FULL";
  }

  async #membership(action: "join" | "leave", channel: string, group: string): Promise<CallOutcome> {
    const seat = this.#hub.seatOf(channel);
    if (seat === undefined) return action === "join" ? "CHANNEL_UNREACHABLE" : "ok";
    await (action === "join" ? seat.join(group) : seat.leave(group));
    return "ok";
  }

  // Answers of one turn to one node share a message.
  #answer(to: string, answer: readonly [unknown, CallOutcome]): void {
    const waiting = this.#answers.get(to);
    if (waiting !== undefined) {
      waiting.push(answer);
      return;
    }
    const answers = [answer];
    this.#answers.set(to, answers);
    queueMicrotask(() => {
      this.#answers.delete(to);
      // Nobody to tell when it fails: the node that asked has a deadline.
      if (!this.#isClosed) this.#broker.send(to, this.#seal(["answers", answers]), this.#newId()).catch(ignore);
    });
  }

  #encode(event: WireEvent): Uint8Array {
    return this.#format === undefined
      ? encodeEvent(this.#shortened(event), this.#codec)
      : encodeForeign(event, this.#format);
  }

  #decode(bytes: Uint8Array): WireEvent | "unknownVersion" | "malformed" {
    return this.#format === undefined ? decodeEvent(bytes, this.#codec) : decodeForeign(bytes, this.#format);
  }

  #seal(value: unknown, hasBinary = false): Uint8Array {
    if (this.#codec !== undefined) return sealWith(this.#codec, value);
    return hasBinary ? sealBinary(value) : seal(value);
  }

  // A sender of this node goes without what the event's id says already.
  #shortened(event: WireEvent): WireEvent {
    const own = `specific.${this.#names.node}!`;
    if (event.sender?.startsWith(own) !== true) return event;
    return { ...event, sender: event.sender.slice(own.length - 1) };
  }

  #newId(): string {
    this.#lastId += 1;
    return this.#names.node + this.#lastId.toString(36);
  }

  #requireSize(bytes: Uint8Array): void {
    const limit = this.#broker.maxMessageBytes;
    if (bytes.byteLength > limit) throw new SolentError("MESSAGE_TOO_LARGE", { bytes: bytes.byteLength, limit });
  }
}

/** A seat in the group of all nodes: no member hears it, this node itself does. */
class Listener extends LocalSeat {
  override leave(): Promise<void> {
    return done;
  }
}

/** The whole name of a sender; of one that goes by the part after its node, the node is in the event's id. */
function senderOf(sender: string | undefined, id: string | undefined): string | undefined {
  if (sender?.startsWith("!") !== true) return sender;
  return id === undefined ? undefined : `specific.${id.slice(0, nodeIdLength)}${sender}`;
}

function rethrowCertain(error: unknown): never {
  throw SolentError.is(error) ? error : new SolentError("LAYER_UNCERTAIN", {}, { cause: error });
}

function ignore(): void {
  // Settles elsewhere.
}
