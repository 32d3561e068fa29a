import type { AnyConsumerClass } from "../consumer/consumer-class.ts";
import { ExchangeConsumer } from "../consumer/http-exchange.ts";
import { PullConsumer } from "../consumer/pull-consumer.ts";
import type { EventFunction, FunctionOptions } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { eventTypeProblem } from "../internal/event-type.ts";
import { notices } from "./class-info.ts";

/** What a user writes instead of a class. */
export interface FunctionParts<Peer> {
  readonly handler: (peer: Peer) => unknown;
  readonly options: FunctionOptions<Peer>;
}

/**
 * Makes the consumer class that runs a function on each connection, and other functions for events.
 *
 * @throws {SolentError} CONSUMER_INVALID for a handler that is no function, or an event that no method could be named after.
 */
export function socketClass<Peer>(parts: FunctionParts<Peer>): AnyConsumerClass {
  const { handler } = parts;
  requireFunction(handler, handler, "the handler");
  const { groups = [], layerName = "default" } = parts.options;
  const made = class extends PullConsumer {
    static override readonly groups = groups;
    static override readonly layerName = layerName;
    "~handle"(): unknown {
      return handler(asPeer<Peer>(this));
    }
  };
  return withEvents(made, parts);
}

/** The same for an HTTP request. @throws {SolentError} as `socketClass` does. */
export function exchangeClass<Peer>(parts: FunctionParts<Peer>, maxBodyBytes: number): AnyConsumerClass {
  const { handler } = parts;
  requireFunction(handler, handler, "the handler");
  const { groups = [], layerName = "default" } = parts.options;
  const made = class extends ExchangeConsumer {
    static override readonly groups = groups;
    static override readonly layerName = layerName;
    static override readonly maxBodyBytes = maxBodyBytes;
    "~handle"(): unknown {
      return handler(asPeer<Peer>(this));
    }
  };
  return withEvents(made, parts);
}

function withEvents<Peer>(made: AnyConsumerClass, { handler, options }: FunctionParts<Peer>): AnyConsumerClass {
  Object.defineProperty(made, "name", { value: handler.name });
  for (const [type, handle] of Object.entries(options.events ?? {})) {
    requireFunction(handler, handle, `events["${type}"]`);
    Object.defineProperty(made.prototype, methodName(handler, type), { value: methodOf(handle) });
  }
  return made;
}

function methodOf<Peer>(handle: EventFunction<Peer>) {
  return function (this: unknown, event: unknown, meta: Parameters<EventFunction<Peer>>[2]): unknown {
    return handle(event, asPeer<Peer>(this), meta);
  };
}

// What the function needs of the scope are types alone: routers check them.
function asPeer<Peer>(consumer: unknown): Peer {
  return consumer as Peer;
}

function methodName(handler: unknown, type: string): string {
  const name = type.replaceAll(".", "_");
  const rule = notices.has(name) ? undefined : eventTypeProblem(type);
  if (rule !== undefined) throw invalid(handler, `events["${type}"]: ${rule}`);
  return name;
}

function requireFunction(handler: unknown, value: unknown, place: string): void {
  if (typeof value !== "function") throw invalid(handler, `${place} is no function`);
  const prototype = value.prototype as unknown;
  if (typeof prototype === "object" && prototype !== null && "~connect" in prototype)
    throw invalid(handler, `${place} is a consumer class, and path() takes that as it is`);
}

function invalid(handler: unknown, rule: string): SolentError {
  const consumer = typeof handler === "function" && handler.name !== "" ? handler.name : "(anonymous function)";
  return new SolentError("CONSUMER_INVALID", { consumer, rule });
}
