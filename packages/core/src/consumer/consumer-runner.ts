import type { Environment } from "../connection/environment.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import type { AnyContract } from "../contract/contract.ts";
import type { ContractTables } from "../contract/tables.ts";
import type { ChannelLayer, Seat } from "../layer/channel-layer.ts";
import type { EventData } from "../layer/message.ts";
import type { GroupSendOptions } from "./group.ts";

/** An event on its way to a group. */
export interface OutgoingEvent {
  readonly type: string;
  readonly data: EventData;
}

/** What a consumer sees of whoever runs it: runner/ implements it. */
export interface ConsumerRunner {
  readonly scope: Scope;
  readonly link: Link;
  readonly environment: Environment;
  /** What is known about its class. */
  readonly info: {
    readonly name: string;
    readonly contract: AnyContract | undefined;
    readonly tables: ContractTables | undefined;
  };
  /** Validated path parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly layer: ChannelLayer;
  /** The consumer's place on its layer, taken at the first use: a consumer without groups costs the layer nothing. */
  readonly seat: Seat;
  readonly channelName: string;
  /** Sends an event to a group; checked against the contract where the class has one. */
  publish(group: string, event: OutgoingEvent, options: GroupSendOptions | undefined): Promise<void>;
  /** What `~main` does waits for the peer, or goes on: an idle connection is no work. */
  rest(isResting: boolean): void;
  /** Logs what a function of the user threw, and ends the connection unless the policy says otherwise. */
  fail(error: unknown, handler: string): void;
  /** A handler waits for an answer of the peer, or none does any more. */
  awaitPeer(isWaiting: boolean): void;
  /** Tells the server's `onUnknown` about a frame or event of an unknown type. */
  tellUnknown(kind: "frame" | "event", type: string): void;
}
