import type { Connection } from "../connection/connection.ts";
import type { End } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { ConsumerContext } from "./consumer-class.ts";
import { Group } from "./group.ts";
import type { ConsumerRunner } from "./consumer-runner.ts";

/** A frame that has arrived, with the name under which `concurrent` may allow it to overlap. */
export interface Arrival {
  readonly type: string;
}

/** What every kind of consumer has. Users extend `WebSocketConsumer`, `Consumer` or `ChannelConsumer`. */
export abstract class ConsumerBase {
  /** Groups joined before `connect` and left whatever ends the connection. @default [] */
  static readonly groups: readonly string[] = [];
  /** The name of the channel layer that `this.layer` is. @default "default" */
  static readonly layerName: string = "default";
  /**
   * Handlers that may overlap with others of the same type, by message or event type, and how many at a time.
   *
   * Everything else runs one at a time, in order. Overlapping handlers finish in any order. @default {}
   */
  static readonly concurrent: Readonly<Record<string, number>> = {};

  /** @internal */
  readonly "~runner": ConsumerRunner;

  /** @internal */
  constructor(context: ConsumerContext) {
    this["~runner"] = context.runner;
  }

  /** What is known about the connection: path, headers, and what middleware added. */
  get scope(): Scope {
    return this["~runner"].scope;
  }

  /** The path's parameters: as the contract's `params` schema returns them, as text without a contract. */
  get params(): Readonly<Record<string, string>> {
    // Text, unless a contract's schema makes something else of it: then the class's typed face says so.
    return this["~runner"].params as Readonly<Record<string, string>>;
  }

  /** Fires the moment the connection ends, also while a handler runs. */
  get signal(): AbortSignal {
    return this["~runner"].signal;
  }

  /** The connection this consumer speaks on. */
  get connection(): Connection {
    return this["~runner"].link.connection;
  }

  /**
   * The name that reaches this consumer alone, through `layer.send`.
   *
   * @throws {SolentError} CONSUMER_NO_LAYER when no layer of the class's `layerName` is configured.
   */
  get channelName(): string {
    return this["~runner"].channelName;
  }

  /** The channel layer. @throws {SolentError} CONSUMER_NO_LAYER when none of the class's `layerName` is configured. */
  get layer(): ChannelLayer {
    return this["~runner"].layer;
  }

  /**
   * A handle on a group: join, leave, send.
   *
   * @throws {SolentError} NAME_INVALID when the name breaks the rules for names, CONSUMER_NO_LAYER without a layer.
   */
  group(name: string): Group {
    return new Group(this["~runner"], name);
  }

  // What the runner calls. A tilde keeps these names out of the way of a subclass, and out of reach of an event.

  /** Called once, before anything else. @internal */
  abstract "~connect"(): void | Promise<void>;
  /** Called once, when `~connect` is done: runs beside everything else, until it ends. @internal */
  "~main"?(): Promise<void>;
  /** Called when a frame arrives, ahead of its turn: returns what waits for the turn, if anything does. @internal */
  abstract "~arrival"(payload: string | Uint8Array): Arrival | undefined;
  /** Called in turn with what `~arrival` returned. @internal */
  abstract "~frame"(arrival: Arrival): unknown;
  /** Called once, after everything else. @internal */
  abstract "~disconnect"(end: End): unknown;
}
