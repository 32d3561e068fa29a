import type { HistoryPolicy, Position } from "@solent/core/layer";
import { positionStart } from "./position.ts";

/** What is published: `<position>\n`, which ends with the event's id, or `0:<id>\n` without one, and the event's bytes. */
export interface Payload {
  readonly id: string;
  readonly position: Position | undefined;
  readonly bytes: Uint8Array;
}

/** An event and its id, as they are published. */
export interface Entry {
  /** ASCII, without blanks and line feeds. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** How much its group remembers; `undefined` where it remembers nothing. */
  readonly keep?: HistoryPolicy | undefined;
  /** The life of the server in which it may have been published before. */
  readonly againIn?: string | undefined;
}

const plainStart = "0:";
const lineFeed = 0x0a;
const maxHeaderBytes = 256;

/** Reads a payload. Never throws: anybody may publish anything. */
export function readPayload(payload: Buffer): Payload | "unknownVersion" | "malformed" {
  const end = payload.indexOf(lineFeed);
  const header = payload.toString("latin1", 0, end < 0 || end > maxHeaderBytes ? 2 : end);
  const isPlaced = header.startsWith(positionStart);
  if (!isPlaced && !header.startsWith(plainStart)) return header === "" ? "malformed" : "unknownVersion";
  const idAt = isPlaced ? header.lastIndexOf(" ") + 1 : plainStart.length;
  if (idAt === 0 || idAt === header.length) return "malformed";
  return { id: header.slice(idAt), position: isPlaced ? header : undefined, bytes: payload.subarray(end + 1) };
}

/**
 * What `scripts/publish.lua` takes: for each event a line that begins with its id, and its bytes, one after the other, and how
 * long each of these is.
 *
 * All in one argument, since every argument has its price on both sides.
 */
export function joinEntries(entries: readonly Entry[]): { readonly lengths: string; readonly joined: Buffer } {
  const lines = entries.map(lineOf);
  const lengths = entries.map(({ bytes }, i) => (lines[i] as string).length + 1 + bytes.length);
  const joined = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [i, { bytes }] of entries.entries()) at = write(joined, at, { line: lines[i] as string, bytes });
  return { lengths: lengths.join(" "), joined };
}

/** The payload of an event without a position. */
export function plainPayload(entry: Entry): Buffer {
  const payload = Buffer.allocUnsafe(plainStart.length + entry.id.length + 1 + entry.bytes.length);
  write(payload, payload.write(plainStart, "latin1"), { line: entry.id, bytes: entry.bytes });
  return payload;
}

function lineOf({ id, keep, againIn }: Entry): string {
  if (keep === undefined) return id;
  return `${id} ${keep.messages} ${keep.ageMs}${againIn === undefined ? "" : ` again ${againIn}`}`;
}

function write(into: Buffer, start: number, { line, bytes }: { line: string; bytes: Uint8Array }): number {
  const lineEnd = start + into.write(line, start, "latin1");
  into[lineEnd] = lineFeed;
  into.set(bytes, lineEnd + 1);
  return lineEnd + 1 + bytes.length;
}
