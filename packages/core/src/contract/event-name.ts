import { SolentError } from "../errors/solent-error.ts";
import { eventTypeProblem } from "../internal/event-type.ts";

const maxMessageTypeLength = 64;
const messageType = /^[a-z][A-Za-z0-9]*$/;

/** The rule that `type` breaks as a message type, or `undefined` when it breaks none. */
export function messageTypeProblem(type: string): string | undefined {
  if (type.length <= maxMessageTypeLength && messageType.test(type)) return undefined;
  return `a message type is a lower-case letter, then letters and digits, at most ${maxMessageTypeLength} in all`;
}

/**
 * The handler's name for an event type: `"chat_message"` for `"chat.message"`, one to one.
 *
 * @throws {SolentError} EVENT_INVALID when `type` breaks the rule for event types.
 */
export function handlerNameOf(type: string): string {
  const rule = eventTypeProblem(type);
  if (rule !== undefined) throw new SolentError("EVENT_INVALID", { type, rule });
  return type.replaceAll(".", "_");
}
