/** First segments of event types that only Solent itself sends: `group.gap`, `presence.join` and the like. */
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

const maxLength = 100;
const shape = /^[a-z][a-z0-9]*(?:\.[a-z0-9]+)+$/;

// Types come in runs: of the same group, of the same app.
let lastGood = "";

/**
 * The rule that `type` breaks as an event type, or `undefined` when it breaks none.
 *
 * Only such types have a handler name of their own: no two share one, and none can reach a method of a base class.
 */
export function eventTypeProblem(type: string): string | undefined {
  if (type === lastGood) return undefined;
  if (type.length > maxLength) return `an event type has at most ${maxLength} characters`;
  if (!shape.test(type)) {
    return 'an event type is lower-case letters and digits in at least two segments with dots between them, as in "chat.message"';
  }
  const first = type.slice(0, type.indexOf("."));
  if (reserved.has(first)) return `event types that begin with "${first}." are reserved for Solent`;
  lastGood = type;
  return undefined;
}
