import type { AnyConsumerClass } from "../consumer/consumer-class.ts";
import { PullConsumer } from "../consumer/pull-consumer.ts";
import type { PullEvent, PullHandler, PullOptions, PullSocket } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { eventTypeProblem } from "../internal/event-type.ts";
import { notices } from "./class-info.ts";

/**
 * Makes the consumer class that runs a function on each connection, and other functions for events.
 *
 * @throws {SolentError} CONSUMER_INVALID for a handler that is no function, or an event that no method could be named after.
 */
export function pullClass<Needs>(handler: PullHandler<Needs>, options: PullOptions<Needs>): AnyConsumerClass {
  requireFunction(handler, handler, "the handler");
  const { events = {}, groups = [], layerName = "default" } = options;
  const made = class extends PullConsumer {
    static override readonly groups = groups;
    static override readonly layerName = layerName;
    "~handle"(): unknown {
      return handler(asSocket<Needs>(this));
    }
  };
  Object.defineProperty(made, "name", { value: handler.name });
  for (const [type, handle] of Object.entries(events)) {
    requireFunction(handler, handle, `events["${type}"]`);
    Object.defineProperty(made.prototype, methodName(handler, type), { value: methodOf(handle) });
  }
  return made;
}

function methodOf<Needs>(handle: PullEvent<Needs>) {
  return function (this: PullConsumer, event: unknown, meta: Parameters<PullEvent>[2]): unknown {
    return handle(event, asSocket<Needs>(this), meta);
  };
}

// What the function needs of the scope are types alone: routers check them.
function asSocket<Needs>(consumer: PullConsumer): PullSocket<Needs> {
  return consumer as unknown as PullSocket<Needs>;
}

function methodName(handler: PullHandler<never>, type: string): string {
  const name = type.replaceAll(".", "_");
  const rule = notices.has(name) ? undefined : eventTypeProblem(type);
  if (rule !== undefined) throw invalid(handler, `events["${type}"]: ${rule}`);
  return name;
}

function requireFunction(handler: PullHandler<never>, value: unknown, place: string): void {
  if (typeof value !== "function") throw invalid(handler, `${place} is no function`);
  const prototype = value.prototype as unknown;
  if (typeof prototype === "object" && prototype !== null && "~connect" in prototype)
    throw invalid(handler, `${place} is a consumer class, and path() takes that as it is`);
}

function invalid(handler: unknown, rule: string): SolentError {
  const consumer = typeof handler === "function" && handler.name !== "" ? handler.name : "(anonymous function)";
  return new SolentError("CONSUMER_INVALID", { consumer, rule });
}
