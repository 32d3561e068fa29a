import { eventTypeProblem } from "../internal/event-type.ts";
import { snapshot, SnapshotRefusal } from "../internal/snapshot.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { EventData } from "./message.ts";

/** An event as the original writes it: its type and its fields side by side. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How deep an event may be nested. */
export const maxEventDepth = 64;

// Applications use few types, and testing one costs more than looking it up. Bounded, since types can come from outside.
const known = new Set<string>();
const maxKnown = 1000;

/** @throws {SolentError} EVENT_INVALID when `type` is no event type, or one that only Solent may send. */
export function requireEventType(type: string): void {
  if (known.has(type)) return;
  const rule = typeof type === "string" ? eventTypeProblem(type) : 'an event has a type, a text as in "chat.message"';
  if (rule !== undefined) throw new SolentError("EVENT_INVALID", { type: shown(type), rule });
  if (known.size < maxKnown) known.add(type);
}

/**
 * The fields of an event as a frozen snapshot.
 *
 * @throws {SolentError} EVENT_INVALID naming place and rule, MESSAGE_TOO_LARGE
 */
export function eventData(type: string, data: EventData, maxBytes: number): EventData {
  if (typeof data === "object" && data !== null && Object.hasOwn(data, "type")) {
    throw new SolentError("EVENT_INVALID", {
      type,
      rule: 'a field called "type" is not possible: the event has one already',
    });
  }
  return copy(type, data, { maxBytes, maxDepth: maxEventDepth });
}

/**
 * The fields of an event written flat, without its type.
 *
 * @throws {SolentError} EVENT_INVALID, MESSAGE_TOO_LARGE
 */
export function flatData(message: Message, maxBytes: number): EventData {
  return copy(message.type, message, { maxBytes, maxDepth: maxEventDepth, without: "type" });
}

/** @throws {SolentError} EVENT_INVALID when `message` is no record with an event type. */
export function requireMessage(message: Message): void {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new SolentError("EVENT_INVALID", {
      type: undefined,
      rule: 'a message is a record with a type: { type: "chat.message", … }',
    });
  }
  requireEventType(message.type);
}

function copy(type: string, data: EventData, limits: Parameters<typeof snapshot>[1]): EventData {
  try {
    return snapshot(data, limits);
  } catch (error) {
    if (!(error instanceof SnapshotRefusal)) throw error;
    if (error.bytes !== undefined) {
      throw new SolentError("MESSAGE_TOO_LARGE", { type, bytes: error.bytes, limit: limits?.maxBytes });
    }
    const place = error.path === "" ? "its data" : `its data at ${error.path}`;
    throw new SolentError("EVENT_INVALID", { type, path: error.path, rule: `${place} ${error.rule}` });
  }
}

function shown(type: unknown): unknown {
  return typeof type === "string" ? type.slice(0, 100) : `(a value of type ${typeof type})`;
}
