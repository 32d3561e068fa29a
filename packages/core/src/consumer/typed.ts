import type { End } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import type { AcceptOptions } from "../connection/transport.ts";
import type { AnyContract } from "../contract/contract.ts";
import type {
  DataArguments,
  EventInput,
  EventOf,
  EventType,
  HandledEvent,
  HandlerName,
  Params,
  Received,
  ServerReplies,
  ServerSends,
  ToClientType,
} from "../contract/infer.ts";
import type { GroupHistory, HistoryRead } from "../layer/channel-layer.ts";
import type { Joined, JoinOptions } from "../layer/member.ts";
import type { EventMeta } from "../layer/message.ts";
import type { ChannelConsumer } from "./channel-consumer.ts";
import type { ConsumerBase } from "./consumer-base.ts";
import type { ConsumerContext } from "./consumer-class.ts";
import type { GroupSendOptions } from "./group.ts";
import type { HttpConsumer } from "./http-consumer.ts";
import type { Admission } from "./socket-consumer.ts";
import type { WebSocketConsumer } from "./websocket-consumer.ts";

// The typed face of the consumer classes: what the compiler sees where the classes themselves know no contract.

/** A consumer's handle on a group, typed by its contract. Memberships end with the consumer, whatever ended it. */
export interface TypedGroup<C extends AnyContract> {
  /** The group's name. */
  readonly name: string;
  /**
   * Joins the group. When it resolves, every later send from anywhere is received, or a gap is signalled.
   *
   * With `since`, what came after that position is replayed first, through the same handlers (`meta.replayed`), where the group
   * remembers all of it; otherwise nothing is, and `recovered` is `false`.
   *
   * @throws {SolentError} LAYER_UNAVAILABLE, LAYER_BUSY, LAYER_CLOSED
   */
  join(options?: JoinOptions): Promise<Joined>;
  /**
   * Reads what the group remembers, oldest first: nothing, unless the layer's option `history` names it.
   *
   * @throws {SolentError} CONFIG_INVALID, LAYER_UNAVAILABLE, LAYER_CLOSED
   */
  history(options?: HistoryRead): Promise<GroupHistory>;
  /** Leaves the group. Nothing that is sent afterwards is received. Harmless when not a member. */
  leave(): Promise<void>;
  /**
   * Sends an event to every member, this consumer included if it is one.
   *
   * Resolves when the layer has accepted it, not when it is delivered. All members see the events of a group in one order.
   *
   * @throws {SolentError} CONTRACT_MISMATCH, EVENT_INVALID, MESSAGE_TOO_LARGE, LAYER_BUSY, LAYER_UNAVAILABLE
   */
  send<T extends EventType<C>>(type: T, ...rest: EventSendArguments<EventInput<C, T>>): Promise<void>;
}

/** The parameters after an event type in `group.send`: its fields, and options. */
export type EventSendArguments<Data> = undefined extends Data
  ? [data?: Data, options?: GroupSendOptions]
  : [data: Data, options?: GroupSendOptions];

/** A consumer that speaks the contract `C` and needs the scope keys of `Needs`: what `WebSocketConsumer.of(chat)` makes. */
export interface Typed<C extends AnyContract, Needs> extends Omit<ConsumerBase, "scope" | "params" | "group"> {
  /** What is known about the connection: path, headers, and what middleware added. */
  readonly scope: Scope & Readonly<Needs>;
  /** The path's parameters, as the contract's schema gives them. Valid before the class's fields are set. */
  readonly params: Params<C>;
  /**
   * A handle on a group: join, leave, send.
   *
   * @throws {SolentError} NAME_INVALID when the name breaks the rules for names, CONSUMER_NO_LAYER without a layer.
   */
  group(name: string): TypedGroup<C>;
  /**
   * Accepts the connection.
   *
   * @throws {SolentError} CONSUMER_STATE when it was decided before or the peer has gone.
   */
  accept(options?: Omit<AcceptOptions, "subprotocol">): Admission;
  /**
   * Refuses the connection with an HTTP status and body (403 by default).
   *
   * @throws {SolentError} CONSUMER_STATE when it was decided before.
   */
  deny(status?: number, body?: string): Admission;
  /**
   * Closes the connection; what was sent before reaches the peer before.
   *
   * @throws {SolentError} CONFIG_INVALID for a code that may not be sent.
   */
  close(code?: number, reason?: string): void;
  /**
   * Sends a message. Never waits; nothing happens once the connection has ended.
   *
   * What passes on an event is encoded once for all members that do so.
   *
   * @throws {SolentError} CONSUMER_STATE before the connection is accepted; in development CONTRACT_MISMATCH.
   */
  send<T extends ToClientType<C>>(type: T, ...data: DataArguments<ServerSends<C>[T]>): void;
  /**
   * Asks the client; resolves with its answer, which never waits behind other frames.
   *
   * @throws {SolentError} CALL_FAILED, CALL_UNANSWERED, CALL_TOO_MANY, CONTRACT_MISMATCH
   */
  call<T extends keyof ServerReplies<C> & ToClientType<C>>(
    type: T,
    ...data: DataArguments<ServerSends<C>[T]>
  ): Promise<ServerReplies<C>[T]>;
  /** Resolves when the peer has taken enough of what was sent that sending on costs no memory. */
  drained(): Promise<void>;
  /** Decides about the connection: `return this.accept()` or `return this.deny(status)`. @default accepts */
  connect(): Admission | Promise<Admission>;
  /** Called for each valid message of `toServer`, one at a time, in order. @default ignores it */
  receive(frame: Received<C>): void | Promise<void>;
  /** Told once how the connection ended, after everything else. Groups are left before. */
  disconnect(end: End): void | Promise<void>;
}

/** What every consumer class has beside its constructor. */
interface ConsumerStatics<Needs> {
  /** Groups joined before `connect` and left whatever ends the connection. @default [] */
  readonly groups: readonly string[];
  /** The name of the channel layer that `this.layer` is. @default "default" */
  readonly layerName: string;
  /** Handlers that may overlap with others of the same type, and how many at a time. @default {} */
  readonly concurrent: Readonly<Record<string, number>>;
  /** Never present: carries the type of what is needed. */
  readonly "~needs"?: (needs: Needs) => void;
}

/** The class that `WebSocketConsumer.of(contract)` gives, to be extended. */
export interface TypedConsumerClass<C extends AnyContract, Needs = unknown> extends ConsumerStatics<Needs> {
  /** @internal Consumers are made by routers. */
  new (context: ConsumerContext): Typed<C, Needs>;
  /** The contract it speaks. */
  readonly contract: C;
  /** The same class, for which routers demand that middleware supplies these scope keys. */
  needs<More>(): TypedConsumerClass<C, Needs & More>;
}

/** A `WebSocketConsumer` that needs scope keys. */
export interface ScopedConsumer<Needs> extends WebSocketConsumer {
  readonly scope: Scope & Readonly<Needs>;
}

/** The class that `WebSocketConsumer.needs<S>()` gives, to be extended. */
export interface ScopedConsumerClass<Needs> extends ConsumerStatics<Needs> {
  /** @internal Consumers are made by routers. */
  new (context: ConsumerContext): ScopedConsumer<Needs>;
}

/** An `HttpConsumer` that needs scope keys. */
export interface ScopedHttp<Needs> extends HttpConsumer {
  readonly scope: Scope & Readonly<Needs>;
}

/** The class that `HttpConsumer.needs<S>()` gives, to be extended. */
export interface ScopedHttpClass<Needs> extends ConsumerStatics<Needs> {
  /** @internal Consumers are made by routers. */
  new (context: ConsumerContext): ScopedHttp<Needs>;
  /** Largest body, in bytes. Over it: 413. @default 1_048_576 */
  readonly maxBodyBytes: number;
}

/** A `ChannelConsumer` that needs scope keys. */
export interface ScopedWorker<Needs> extends ChannelConsumer {
  readonly scope: Scope & Readonly<Needs>;
}

/** The class that `ChannelConsumer.needs<S>()` gives, to be extended. */
export interface ScopedWorkerClass<Needs> extends ConsumerStatics<Needs> {
  /** @internal Consumers are made by routers. */
  new (context: ConsumerContext): ScopedWorker<Needs>;
}

/** A worker that handles the events of the contract `C`, and needs the scope keys of `Needs`. */
export interface TypedWorker<C extends AnyContract, Needs> extends Omit<ChannelConsumer, "scope" | "group"> {
  readonly scope: Scope & Readonly<Needs>;
  /** A handle on a group: join, leave, send. @throws {SolentError} NAME_INVALID, CONSUMER_NO_LAYER */
  group(name: string): TypedGroup<C>;
}

/** The class that `ChannelConsumer.of(contract)` gives, to be extended. */
export interface TypedWorkerClass<C extends AnyContract, Needs = unknown> extends ConsumerStatics<Needs> {
  /** @internal Consumers are made by routers. */
  new (context: ConsumerContext): TypedWorker<C, Needs>;
  /** The contract whose events it handles. */
  readonly contract: C;
  /** The same class, for which routers demand that middleware supplies these scope keys. */
  needs<More>(): TypedWorkerClass<C, Needs & More>;
}

/**
 * The event handlers a class with the contract `C` must have.
 *
 * Routers demand them anyway; `class Room extends … implements Handlers<typeof chat>` reports them at the class, where
 * the editor can write them.
 */
export type Handlers<C extends AnyContract> = {
  [T in HandledEvent<C> as HandlerName<T>]: (event: EventOf<C, T>, meta: EventMeta) => void | Promise<void>;
};
