import type { Shipping } from "../outbox/backlog.ts";
import type { Logger } from "../connection/logger.ts";
import type { AnyContract } from "../contract/contract.ts";
import { type ContractTables, type EventEntry, tablesOf } from "../contract/tables.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { EventData } from "../layer/message.ts";
import { requireGroupName } from "../layer/names.ts";
import { ConsumerBase } from "../consumer/consumer-base.ts";
import type { AnyConsumerClass } from "../consumer/consumer-class.ts";

/** What a class does with one type of event. */
export interface EventHandler {
  /** The event's type: `"chat.message"`. */
  readonly type: string;
  /** The method's name: `"chat_message"`. */
  readonly name: string;
  /** The method; absent when the event is passed through. */
  readonly method: ((event: unknown, meta: unknown) => unknown) | undefined;
  /** The message type the event is passed on as, without any code of the class. */
  readonly forward: string | undefined;
  /** The field that tells messages of a `latest` delivery apart. */
  readonly keyField: string | undefined;
  /** How the event fares with a slow handler, and its forwarded message with a slow reader. */
  readonly shipping: Shipping;
  /** Whether data is checked against the class's contract when the sender did not. */
  readonly isTyped: boolean;
}

/** Everything about a consumer class that is the same for all its instances. */
export interface ClassInfo {
  readonly consumerClass: AnyConsumerClass;
  readonly name: string;
  readonly contract: AnyContract | undefined;
  readonly tables: ContractTables | undefined;
  readonly events: ReadonlyMap<string, EventHandler>;
  readonly groups: readonly string[];
  readonly layerName: string;
  readonly concurrent: ReadonlyMap<string, number>;
  /** Event types without a handler, and how often each arrived; bounded. */
  readonly unhandled: Map<string, number>;
}

const handlerName = /^[a-z0-9]+(?:_[a-z0-9]+)+$/;
/** Events that only Solent makes. A class may handle them without naming them in its contract. */
export const notices: ReadonlySet<string> = new Set(["group_gap", "presence_join", "presence_leave"]);
const protocolNames = /^(?:websocket|http|lifespan|group|presence|layer|channel|solent)_/;
/** Most event types without a handler that are told apart in one class. */
const maxUnhandledTypes = 100;

const known = new WeakMap<AnyConsumerClass, ClassInfo>();

/** The statics of a consumer class, where it has them. */
interface Statics {
  readonly contract?: AnyContract;
  readonly groups?: readonly string[];
  readonly layerName?: string;
  readonly concurrent?: Readonly<Record<string, number>>;
}

/**
 * Reads a class once: its handlers, groups and contract.
 *
 * @throws {SolentError} CONSUMER_INVALID naming what to add or change.
 */
export function describeClass(consumerClass: AnyConsumerClass): ClassInfo {
  const before = known.get(consumerClass);
  if (before !== undefined) return before;
  if (typeof consumerClass !== "function" || !(consumerClass.prototype instanceof ConsumerBase)) {
    const name = typeof consumerClass === "function" ? consumerClass.name : typeof consumerClass;
    throw new SolentError("CONSUMER_INVALID", { consumer: name, rule: "it does not extend a Solent consumer class" });
  }
  const { contract, groups = [], layerName = "default", concurrent = {} } = consumerClass as Statics;
  const tables = contract === undefined ? undefined : tablesOf(contract);
  const info: ClassInfo = {
    consumerClass,
    name: consumerClass.name || "(anonymous consumer)",
    contract,
    tables,
    events: tables === undefined ? plainHandlers(consumerClass) : typedHandlers(consumerClass, tables),
    groups,
    layerName,
    concurrent: new Map(Object.entries(concurrent)),
    unhandled: new Map(),
  };
  for (const group of groups) requireGroupName(group);
  requireKnownHooks(consumerClass);
  for (const [type, limit] of info.concurrent) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new SolentError("CONSUMER_INVALID", {
        consumer: info.name,
        rule: `concurrent.${type} is not a whole number of at least 1`,
      });
    }
  }
  known.set(consumerClass, info);
  return info;
}

/** Counts an event nobody handles. @returns whether it is the first of its type, and so worth a line in the log. */
export function countUnhandled(info: ClassInfo, type: string): boolean {
  const count = info.unhandled.get(type);
  if (count === undefined && info.unhandled.size >= maxUnhandledTypes) return false;
  info.unhandled.set(type, (count ?? 0) + 1);
  return count === undefined;
}

const protocolHooks: ReadonlySet<string> = new Set(["websocket_connect", "websocket_receive", "websocket_disconnect"]);

// `websocket_connected()` would be a consumer that never accepts, and nobody would say why.
function requireKnownHooks(consumerClass: AnyConsumerClass): void {
  for (const name of handlerMethods(consumerClass).keys()) {
    if (!protocolNames.test(name) || notices.has(name) || protocolHooks.has(name)) continue;
    const rule = `${name}() has a reserved name and is never called: known are ${[...protocolHooks, ...notices].join(", ")}`;
    throw new SolentError("CONSUMER_INVALID", { consumer: consumerClass.name, rule });
  }
}

/** Counts an event nobody handles, and logs the first of its type. */
export function reportUnhandled(info: ClassInfo, type: string, logger: Logger): void {
  if (!countUnhandled(info, type)) return;
  const method = type.replaceAll(".", "_");
  logger.warn(
    { consumer: info.name, type },
    `${info.name} got an event "${type}" and has no method ${method}(event); it is counted and ignored`,
  );
}

// Only methods whose names have the shape of a handler can be reached by an event: a name in a base class never has an
// underscore, so `send`, `close` or `constructor` are out of reach whatever arrives.
function plainHandlers(consumerClass: AnyConsumerClass): Map<string, EventHandler> {
  const handlers = new Map<string, EventHandler>();
  for (const [name, method] of handlerMethods(consumerClass)) {
    if (!notices.has(name) && protocolNames.test(name)) continue;
    const type = name.replaceAll("_", ".");
    handlers.set(type, handlerOf({ type, name, method }));
  }
  return handlers;
}

function typedHandlers(consumerClass: AnyConsumerClass, tables: ContractTables): Map<string, EventHandler> {
  const methods = handlerMethods(consumerClass);
  const handlers = new Map<string, EventHandler>();
  const missing: string[] = [];
  for (const entry of tables.events.values()) {
    const method = methods.get(entry.handler);
    if (entry.forward === undefined && method === undefined) missing.push(`${entry.handler}(event)`);
    if (entry.forward !== undefined && method !== undefined) {
      throw new SolentError("CONSUMER_INVALID", {
        consumer: consumerClass.name,
        rule: `the contract forwards "${entry.type}", and the class has the method ${entry.handler}() too: keep one of them`,
      });
    }
    handlers.set(entry.type, handlerOf({ type: entry.type, name: entry.handler, method, entry }));
  }
  if (missing.length > 0) {
    throw new SolentError("CONSUMER_INVALID", {
      consumer: consumerClass.name,
      rule: `events of its contract have no handler: add the method${missing.length > 1 ? "s" : ""} ${missing.join(", ")}`,
    });
  }
  for (const name of notices) {
    const method = methods.get(name);
    const type = name.replaceAll("_", ".");
    if (method !== undefined) handlers.set(type, handlerOf({ type, name, method }));
  }
  return handlers;
}

type Method = (event: unknown, meta: unknown) => unknown;

function handlerOf(parts: {
  type: string;
  name: string;
  method: Method | undefined;
  entry?: EventEntry;
}): EventHandler {
  const { entry, type } = parts;
  const delivery = entry?.delivery ?? entry?.forward?.delivery;
  return {
    type,
    name: parts.name,
    method: parts.method,
    forward: entry?.forward?.type,
    keyField: delivery === "latest" ? (entry?.key ?? entry?.forward?.key) : undefined,
    shipping: Object.freeze({ delivery, key: undefined, type: entry?.forward?.type ?? type }),
    isTyped: entry !== undefined,
  };
}

function handlerMethods(consumerClass: AnyConsumerClass): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (let at = consumerClass.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const method: unknown = Object.getOwnPropertyDescriptor(at, name)?.value;
      if (handlerName.test(name) && typeof method === "function" && !methods.has(name))
        methods.set(name, method as Method);
    }
  }
  return methods;
}

const plainShipping: Shipping = { delivery: undefined, key: undefined, type: "" };

/** How one event fares with a slow handler, and its forwarded message with a slow reader. */
export function shippingOf(handler: EventHandler | undefined, data: EventData): Shipping {
  if (handler === undefined) return plainShipping;
  const { keyField, shipping } = handler;
  return keyField === undefined ? shipping : { ...shipping, key: data[keyField] };
}
