/** A request for the way up: frames in their order, and signs of life. */
export interface SendRequest {
  /** 1 for the first request of a connection, then one more each; 0 for one without frames, which has no order. */
  readonly n: number;
  readonly frames: readonly (string | Uint8Array)[];
  /** The page answers a ping. */
  readonly isPong: boolean;
  /** The page closes the connection. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
}

/** A request for what comes next. */
export interface PollRequest {
  /** The number of the last answer that has arrived. */
  readonly after: number;
  /** Whether it waits until there is something. */
  readonly hold: boolean;
}

/** What a POST asks for. */
export type UpRequest =
  /** `id` is the connection's secret name. */
  | { readonly op: "send"; readonly id: string; readonly send: SendRequest }
  | { readonly op: "poll"; readonly id: string; readonly poll: PollRequest };

/** Reads the body of a POST; `undefined` when it is malformed. */
export function readRequest(op: UpRequest["op"], body: string): UpRequest | undefined {
  const value = parse(body);
  if (typeof value?.["id"] !== "string") return undefined;
  const {
    id,
    after,
    hold = true,
  } = value as { readonly id: string; readonly after?: unknown; readonly hold?: unknown };
  if (op === "poll") {
    return isCount(after) && typeof hold === "boolean" ? { op, id, poll: { after, hold } } : undefined;
  }
  const send = readSend(value);
  return send && { op, id, send };
}

// `{"n","frames":[text or {"binary":base64}],"pong":true,"close":{"code","reason"}}`
function readSend(value: Readonly<Record<string, unknown>>): SendRequest | undefined {
  const { n = 0, frames = [], pong = false, close } = value;
  if (!isCount(n) || !Array.isArray(frames) || typeof pong !== "boolean") return undefined;
  const payloads = (frames as unknown[]).map(readFrame);
  const end = close === undefined ? undefined : readClose(close);
  if (payloads.includes(undefined) || end === "malformed") return undefined;
  if (n === 0 && payloads.length > 0) return undefined;
  return { n, frames: payloads as (string | Uint8Array)[], isPong: pong, close: end };
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function readFrame(frame: unknown): string | Uint8Array | undefined {
  if (typeof frame === "string") return frame;
  const { binary } = (typeof frame === "object" && frame !== null ? frame : {}) as { readonly binary?: unknown };
  return typeof binary === "string" && base64.test(binary) ? Buffer.from(binary, "base64") : undefined;
}

// What a browser's WebSocket lets a page say (HTML standard, `WebSocket.close`).
function readClose(value: unknown): SendRequest["close"] | "malformed" {
  const { code, reason = "" } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const isCode = code === 1000 || code === 1001 || (isCount(code) && code >= 3000 && code <= 4999);
  if (!isCode || typeof reason !== "string" || Buffer.byteLength(reason) > 123) return "malformed";
  return { code, reason };
}
