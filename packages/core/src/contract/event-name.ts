import { SolentError } from "../errors/solent-error.ts";

/** First segments of event types that only Solent itself may send: `group_gap`, `presence_join` and the like. */
export const reservedSegments = [
  "websocket",
  "http",
  "lifespan",
  "group",
  "presence",
  "layer",
  "channel",
  "solent",
] as const;

const reserved: ReadonlySet<string> = new Set(reservedSegments);

const maxEventTypeLength = 100;
const maxMessageTypeLength = 64;
const eventType = /^[a-z][a-z0-9]*(?:\.[a-z0-9]+)+$/;
const messageType = /^[a-z][A-Za-z0-9]*$/;

/**
 * The rule that `type` breaks as an event type, or `undefined` when it breaks none.
 *
 * Only such types have a handler name of their own: no two share one, and none can reach a method of a base class.
 */
export function eventTypeProblem(type: string): string | undefined {
  if (type.length > maxEventTypeLength) return `an event type has at most ${maxEventTypeLength} characters`;
  if (!eventType.test(type)) {
    return 'an event type is lower-case letters and digits in at least two segments with dots between them, as in "chat.message"';
  }
  const first = type.slice(0, type.indexOf("."));
  return reserved.has(first) ? `event types that begin with "${first}." are reserved for Solent` : undefined;
}

/** The rule that `type` breaks as a message type, or `undefined` when it breaks none. */
export function messageTypeProblem(type: string): string | undefined {
  if (type.length <= maxMessageTypeLength && messageType.test(type)) return undefined;
  return `a message type is a lower-case letter, then letters and digits, at most ${maxMessageTypeLength} in all`;
}

/**
 * The handler's name for an event type: `"chat_message"` for `"chat.message"`.
 *
 * @throws {SolentError} EVENT_INVALID when `type` breaks the rule for event types.
 */
export function handlerNameOf(type: string): string {
  const rule = eventTypeProblem(type);
  if (rule !== undefined) throw new SolentError("EVENT_INVALID", { type, rule });
  return type.replaceAll(".", "_");
}
