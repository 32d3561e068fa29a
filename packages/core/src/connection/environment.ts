import { SolentError } from "../errors/solent-error.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import type { Link } from "./link.ts";
import { consoleLogger, type Logger } from "./logger.ts";
import { type Observer, silentObserver } from "./observer.ts";
import type { Scope } from "./scope.ts";
import { Watch } from "./watch.ts";

/** What a failing handler was doing. */
export interface Failure {
  /** The consumer class's name. */
  readonly consumer: string;
  /** The hook or handler: `"connect"`, `"receive"`, `"chat_message"`. */
  readonly handler: string;
  readonly path: string;
  readonly connectionId: string;
}

/**
 * What happens to the connection of a handler that threw: kept, or closed with a code of the private range.
 *
 * The peer never sees more than the code and a fixed text.
 */
export type OnError = (error: unknown, failure: Failure) => "keep" | "close" | { readonly closeCode: number };

/** A frame or event of a type that a consumer does not know. */
export interface Unknown {
  /** Which door it came to: a client's frame, or an event from the layer. */
  readonly kind: "frame" | "event";
  /** Its type; at most 64 characters of a frame's. */
  readonly type: string;
  readonly consumer: string;
  readonly path: string;
  readonly connectionId: string;
}

/** Told about every frame and event of an unknown type; must not throw. What else happens to it stays the same. */
export type OnUnknown = (unknown: Unknown) => void;

/** What every connection of one server shares. */
export interface Environment {
  /** The channel layers by name; `"default"` is the one a class uses unless it says otherwise. */
  readonly layers: ReadonlyMap<string, ChannelLayer>;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly observer: Observer;
  readonly onError: OnError;
  readonly onUnknown: OnUnknown;
  /** Asked before a consumer is made; one that returns false has denied the link. */
  readonly admits: (scope: Scope, link: Link) => boolean;
  /** Whether outgoing messages are checked against their schemas, once each. */
  readonly isDevelopment: boolean;
  /** What runs, and what runs for too long. */
  readonly watch: Watch;
}

/** What a server is told about itself; every option has a default. */
export interface EnvironmentOptions {
  /** The channel layer called `"default"`. @default none: consumers without groups need none */
  readonly layer?: ChannelLayer;
  /** Further layers by name; a class picks one with `static layerName`. */
  readonly layers?: Readonly<Record<string, ChannelLayer>>;
  /** Bounds of the connections. @default `defaultLimits` */
  readonly limits?: Partial<Limits>;
  /** @default warnings and errors go to the console */
  readonly logger?: Logger;
  /** What happens to the connection of a handler that threw. @default closes with 4500 */
  readonly onError?: OnError;
  /**
   * Told about every frame and event of a type that its consumer does not know. A frame is complained about to the client
   * and an event is counted, whatever this does. @default nothing
   */
  readonly onUnknown?: OnUnknown;
  /** Whether outgoing messages are checked against their schemas. @default whether NODE_ENV is not "production" */
  readonly isDevelopment?: boolean;
}

/** What a server binding adds to the options. */
export interface EnvironmentBinding {
  readonly observer?: Observer;
  /** @default admits everybody */
  readonly admits?: (scope: Scope, link: Link) => boolean;
}

/**
 * Resolves the options of a server.
 *
 * @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule.
 */
export function createEnvironment(options: EnvironmentOptions, binding: EnvironmentBinding = {}): Environment {
  const layers = new Map(Object.entries(options.layers ?? {}));
  if (options.layer !== undefined) {
    if (layers.has("default")) {
      throw new SolentError("CONFIG_INVALID", {
        option: "layers",
        value: "default",
        rule: "layer and layers.default are the same one: give one of them",
      });
    }
    layers.set("default", options.layer);
  }
  const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  return {
    layers,
    limits: resolveLimits(options.limits),
    logger: options.logger ?? consoleLogger,
    observer: binding.observer ?? silentObserver,
    admits: binding.admits ?? (() => true),
    onError: options.onError ?? (() => "close"),
    onUnknown: options.onUnknown ?? (() => {}),
    isDevelopment: options.isDevelopment ?? env?.["NODE_ENV"] !== "production",
    watch: new Watch(),
  };
}
