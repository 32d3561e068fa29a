/** A request for the way up: frames in their order, and signs of life. */
export interface SendRequest {
  /** The connection's secret name. */
  readonly id: string;
  /** 1 for the first request of a connection, then one more each; 0 for one without frames, which has no order. */
  readonly n: number;
  readonly frames: readonly (string | Uint8Array)[];
  /** The page answers a ping. */
  readonly isPong: boolean;
  /** The page closes the connection. */
  readonly close: { readonly code: number; readonly reason: string } | undefined;
}

/** A request for what comes after an answer. */
export interface PollRequest {
  readonly id: string;
  /** The number of the last answer that has arrived. */
  readonly after: number;
}

/** Reads the body of a `send`: `{"id","n","frames":[text or {"binary":base64}],"pong":true,"close":{"code","reason"}}`. */
export function readSend(body: string): SendRequest | undefined {
  const value = parse(body);
  if (value === undefined) return undefined;
  const { id, n = 0, frames = [], pong = false, close } = value;
  if (typeof id !== "string" || !isCount(n) || !Array.isArray(frames) || typeof pong !== "boolean") return undefined;
  const payloads = (frames as unknown[]).map(readFrame);
  const end = close === undefined ? undefined : readClose(close);
  if (payloads.includes(undefined) || end === "malformed") return undefined;
  if (n === 0 && payloads.length > 0) return undefined;
  return { id, n, frames: payloads as (string | Uint8Array)[], isPong: pong, close: end };
}

/** Reads the body of a `poll`: `{"id","after"}`. */
export function readPoll(body: string): PollRequest | undefined {
  const { id, after } = parse(body) ?? {};
  return typeof id === "string" && isCount(after) ? { id, after } : undefined;
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
