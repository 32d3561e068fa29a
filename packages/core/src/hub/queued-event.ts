import { memoOf } from "../internal/snapshot.ts";
import type { QueuedMessage } from "../layer/broker.ts";
import { type EventMeta, gapNotice, type GroupGap, type LayerMessage } from "../layer/message.ts";
import type { WireCodec } from "../layer/wire-codec.ts";
import { open, seal, sealBinary, sealWith } from "./envelope.ts";
import { readEvent, wireForm } from "./wire-event.ts";

const eventKind = 0;
const gapKind = 1;
const causes: ReadonlySet<unknown> = new Set(["overflow", "expired", "reconnect", "loss", "epoch"]);

/** A message as it lies in a queue that nodes share: `[0, event, group, position]`, or `[1, gap]` for a notice. */
export function encodeQueued(message: LayerMessage, codec?: WireCodec): Uint8Array {
  const { data, meta, volatile } = message;
  const { type, sender, group, position } = meta;
  const value =
    type === "group.gap"
      ? [gapKind, data]
      : [eventKind, wireForm({ type, data, sender, except: undefined, volatile }), group ?? null, position ?? null];
  if (codec !== undefined) return sealWith(codec, value);
  return memoOf(data)?.hasBinary === true ? sealBinary(value) : seal(value);
}

/** Reads what `encodeQueued` made, whoever has put it there. */
export function decodeQueued(
  { bytes, attempts, id }: QueuedMessage,
  about: { readonly codec?: WireCodec | undefined; readonly expiresAtMs: number },
): LayerMessage | "unknownVersion" | "malformed" {
  const opened = open(bytes, about.codec);
  if (opened.outcome !== "value") return opened.outcome;
  const [kind, payload, group, position] = Array.isArray(opened.value) ? (opened.value as unknown[]) : [];
  if (kind === gapKind) return isGap(payload) ? gapNotice(payload) : "malformed";
  const event = kind === eventKind ? readEvent(payload) : "malformed";
  if (event === "malformed") return event;
  const { type, data, sender, volatile } = event;
  const meta: EventMeta = {
    type,
    group: typeof group === "string" ? group : undefined,
    sender,
    position: typeof position === "string" ? position : undefined,
    replayed: false,
    redelivered: attempts > 1,
  };
  const { expiresAtMs } = about;
  return { data, meta: Object.freeze(meta), validatedBy: undefined, volatile, expiresAtMs, id };
}

function isGap(value: unknown): value is GroupGap {
  if (typeof value !== "object" || value === null) return false;
  const { group, from, to, cause } = value as Partial<Record<keyof GroupGap, unknown>>;
  const isText = (text: unknown): boolean => text === undefined || typeof text === "string";
  return typeof group === "string" && isText(from) && isText(to) && causes.has(cause);
}
