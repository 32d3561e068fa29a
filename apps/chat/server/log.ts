import { pino, type DestinationStream, type Logger } from "pino";

/** How much is logged, from nothing to everything. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/** Where the chat writes what its operator should know. */
export type ChatLog = Logger;

/**
 * A log of JSON lines, on stderr unless told otherwise. Passwords, cookies and what people write are never in it.
 *
 * It writes at once, so that the last line before an end is not lost.
 */
export function chatLog(level: LogLevel, to: DestinationStream = pino.destination({ dest: 2, sync: true })): ChatLog {
  return pino({ level, base: { pid: process.pid } }, to);
}
