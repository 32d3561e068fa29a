import type { Position } from "@solent/core/layer";
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
 * What `scripts/publish.lua` takes: for each event `<id>\n` and its bytes, one after the other, and how long each of these is.
 *
 * All in one argument, since every argument has its price on both sides.
 */
export function joinEntries(entries: readonly Entry[]): { readonly lengths: string; readonly joined: Buffer } {
  const lengths = entries.map(({ id, bytes }) => id.length + 1 + bytes.length);
  const joined = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const entry of entries) at = writeEntry(joined, entry, at);
  return { lengths: lengths.join(" "), joined };
}

/** The payload of an event without a position. */
export function plainPayload(entry: Entry): Buffer {
  const payload = Buffer.allocUnsafe(plainStart.length + entry.id.length + 1 + entry.bytes.length);
  writeEntry(payload, entry, payload.write(plainStart, "latin1"));
  return payload;
}

function writeEntry(into: Buffer, { id, bytes }: Entry, start: number): number {
  const idEnd = start + into.write(id, start, "latin1");
  into[idEnd] = lineFeed;
  into.set(bytes, idEnd + 1);
  return idEnd + 1 + bytes.length;
}
