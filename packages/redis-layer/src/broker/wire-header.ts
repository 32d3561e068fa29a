/** What stands before an event's bytes in Redis: `1<offset> <epoch> <id>\n`, or `0<id>\n` without a position. */
export interface WireMessage {
  readonly id: string;
  /** `"<offset> <epoch> <id>"`. */
  readonly place: string | undefined;
  readonly bytes: Uint8Array;
}

const plain = 0x30;
const placed = 0x31;
const lineFeed = 0x0a;
const maxHeaderBytes = 256;

/** Reads a payload. Never throws: anybody may publish anything. */
export function readPayload(payload: Buffer): WireMessage | "unknownVersion" | "malformed" {
  const [kind] = payload;
  if (kind !== plain && kind !== placed) return kind === undefined ? "malformed" : "unknownVersion";
  const end = payload.indexOf(lineFeed);
  if (end < 2 || end > maxHeaderBytes) return "malformed";
  const header = payload.toString("latin1", 1, end);
  const bytes = payload.subarray(end + 1);
  if (kind === plain) return { id: header, place: undefined, bytes };
  const idAt = header.lastIndexOf(" ") + 1;
  if (idAt === 0 || idAt === header.length) return "malformed";
  return { id: header.slice(idAt), place: header, bytes };
}
