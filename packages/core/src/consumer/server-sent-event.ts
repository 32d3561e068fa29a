import { SolentError } from "../errors/solent-error.ts";

/** One event of a `text/event-stream` (HTML standard, "Server-sent events"). */
export interface ServerSentEvent {
  /** A string as it is; anything else as JSON. Without it clients take the other fields, and tell their page nothing. */
  readonly data?: unknown;
  /** Its type: what a page listens for. @default "message" */
  readonly event?: string;
  /** What a client sends back as `Last-Event-ID` when it reconnects. */
  readonly id?: string;
  /** How long a client waits before it reconnects, in milliseconds. */
  readonly retryMs?: number;
}

/** Written while nothing else is: a comment, which clients skip. */
export const eventStreamComment = ":\n\n";

/** The text of an event. @throws {SolentError} EVENT_INVALID for an event, id or retryMs that the format cannot carry. */
export function serverSentEvent({ data, event, id, retryMs }: ServerSentEvent): string {
  if (event !== undefined && /[\r\n]/.test(event)) throw invalid(event, "its name holds a line break");
  if (id !== undefined && /[\r\n\0]/.test(id)) throw invalid(event, "its id holds a line break or NUL");
  if (retryMs !== undefined && !(Number.isSafeInteger(retryMs) && retryMs >= 0))
    throw invalid(event, "its retryMs is no whole number of milliseconds");
  const text = typeof data === "string" || data === undefined ? data : JSON.stringify(data);
  if (text === undefined && data !== undefined) throw invalid(event, "its data is no JSON");
  const head = [
    event === undefined ? "" : `event: ${event}\n`,
    id === undefined ? "" : `id: ${id}\n`,
    retryMs === undefined ? "" : `retry: ${retryMs}\n`,
  ].join("");
  const lines = text?.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`) ?? [];
  return `${head}${lines.join("")}\n`;
}

function invalid(event: string | undefined, rule: string): SolentError {
  return new SolentError("EVENT_INVALID", { type: event ?? "message", rule });
}
