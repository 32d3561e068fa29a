import { SolentError } from "../errors/solent-error.ts";
import { eventTypeProblem } from "../internal/event-type.ts";
import { memoOf, snapshot, SnapshotRefusal } from "../internal/snapshot.ts";
import type { EventFormat } from "../layer/foreign-wire.ts";
import type { WireCodec } from "../layer/wire-codec.ts";
import { open, seal, sealBinary, sealWith } from "./envelope.ts";
import { maxEventDepth } from "../layer/event.ts";
import type { Except } from "./hub.ts";
import type { EventData } from "../layer/message.ts";

/** An event as it travels between nodes. */
export interface WireEvent {
  readonly type: string;
  readonly data: EventData;
  readonly sender: string | undefined;
  readonly except: Except;
  readonly volatile: boolean;
}

/** The bytes of an event. Its data is a snapshot, so nothing in it can fail. */
export function encodeEvent(event: WireEvent, codec?: WireCodec): Uint8Array {
  const value = wireForm(event);
  if (codec !== undefined) return sealWith(codec, value);
  return memoOf(event.data)?.hasBinary === true ? sealBinary(value) : seal(value);
}

/** The event in `bytes`, or why there is none. Its data is a snapshot again. */
export function decodeEvent(bytes: Uint8Array, codec?: WireCodec): WireEvent | "unknownVersion" | "malformed" {
  const opened = open(bytes, codec);
  return opened.outcome === "value" ? readEvent(opened.value) : opened.outcome;
}

/**
 * The bytes of an event in the format of another system, which has no place for who sent it.
 *
 * @throws {SolentError} EVENT_INVALID when the format cannot carry it.
 */
export function encodeForeign({ type, data, except }: WireEvent, format: EventFormat): Uint8Array {
  if (except !== undefined && except.length > 0) {
    const rule =
      "`except` cannot travel in this wire format: name the sender in a field, and let the receivers look at it";
    throw new SolentError("EVENT_INVALID", { type, rule });
  }
  return format.encode(type, data);
}

/** The event in bytes of another system. Its data is a snapshot again. */
export function decodeForeign(bytes: Uint8Array, format: EventFormat): WireEvent | "malformed" {
  const found = format.decode(bytes);
  // What nodes of Solent tell each other is nothing that another system may say.
  return found === undefined || found.type === flushType ? "malformed" : readEvent([found.type, found.data]);
}

/** An event as a list, which ends with the last of its parts that is there. */
export function wireForm({ type, data, sender, except, volatile }: WireEvent): readonly unknown[] {
  if (volatile) return [type, data, sender ?? null, except ?? null, 1];
  if (except !== undefined) return [type, data, sender ?? null, except];
  return sender === undefined ? [type, data] : [type, data, sender];
}

/** Reads what `wireForm` made; whatever else it is, is malformed. */
export function readEvent(value: unknown): WireEvent | "malformed" {
  if (!Array.isArray(value)) return "malformed";
  const [type, data, sender, except, volatile] = value as unknown[];
  if (typeof type !== "string" || (eventTypeProblem(type) !== undefined && type !== flushType)) return "malformed";
  if (!isTextOrNull(sender) || !isExcept(except)) return "malformed";
  try {
    const fields = snapshot(data as EventData, { maxBytes: Infinity, maxDepth: maxEventDepth });
    return { type, data: fields, sender: sender ?? undefined, except: except ?? undefined, volatile: volatile === 1 };
  } catch (error) {
    if (error instanceof SnapshotRefusal) return "malformed";
    throw error;
  }
}

/** The type of the event by which a node asks all others to forget everything. */
export const flushType = "solent.flush";

function isTextOrNull(value: unknown): value is string | null | undefined {
  return value === null || value === undefined || typeof value === "string";
}

function isExcept(value: unknown): value is string | readonly string[] | null | undefined {
  return isTextOrNull(value) || (Array.isArray(value) && value.every((name) => typeof name === "string"));
}
