/** What a client does after a close code: come back, stay away, or come back after a longer pause. */
export type Reconnect = "yes" | "no" | "after";

/** One row of the table of close codes. */
export interface CloseRow {
  readonly code: number;
  readonly reason: string;
  readonly reconnect: Reconnect;
}

/** The names of the close codes. */
export type CloseName =
  | "normal"
  | "goingAway"
  | "protocolError"
  | "unsupportedData"
  | "noStatus"
  | "abnormal"
  | "invalidPayload"
  | "policy"
  | "tooBig"
  | "internalError"
  | "serviceRestart"
  | "overloaded"
  | "badFrame"
  | "unauthenticated"
  | "denied"
  | "noRoute"
  | "timeout"
  | "replaced"
  | "frameTooLarge"
  | "rateLimited"
  | "handlerFailed";

/**
 * The close codes Solent sends (RFC 6455 section 7.4 and its private range), shared by server and client.
 *
 * `reason` is the fixed text that crosses the wire. An unknown code means: come back, unless it is in 4400 to 4499.
 */
export const closeCodes: Readonly<Record<CloseName, CloseRow>> = {
  normal: { code: 1000, reason: "", reconnect: "no" },
  goingAway: { code: 1001, reason: "going away", reconnect: "yes" },
  protocolError: { code: 1002, reason: "protocol error", reconnect: "no" },
  unsupportedData: { code: 1003, reason: "unsupported data", reconnect: "no" },
  noStatus: { code: 1005, reason: "", reconnect: "yes" },
  abnormal: { code: 1006, reason: "", reconnect: "yes" },
  invalidPayload: { code: 1007, reason: "invalid payload", reconnect: "no" },
  policy: { code: 1008, reason: "policy violation", reconnect: "no" },
  tooBig: { code: 1009, reason: "message too big", reconnect: "no" },
  internalError: { code: 1011, reason: "internal error", reconnect: "yes" },
  serviceRestart: { code: 1012, reason: "service restart", reconnect: "yes" },
  overloaded: { code: 1013, reason: "try again later", reconnect: "after" },
  badFrame: { code: 4400, reason: "bad frame", reconnect: "no" },
  unauthenticated: { code: 4401, reason: "unauthenticated", reconnect: "no" },
  denied: { code: 4403, reason: "denied", reconnect: "no" },
  noRoute: { code: 4404, reason: "no route", reconnect: "no" },
  timeout: { code: 4408, reason: "timeout", reconnect: "yes" },
  replaced: { code: 4409, reason: "replaced", reconnect: "no" },
  frameTooLarge: { code: 4413, reason: "frame too large", reconnect: "no" },
  rateLimited: { code: 4429, reason: "rate limited", reconnect: "after" },
  handlerFailed: { code: 4500, reason: "handler failed", reconnect: "after" },
};

const rowsByStatus: ReadonlyMap<number, CloseRow> = new Map([
  [401, closeCodes.unauthenticated],
  [403, closeCodes.denied],
  [404, closeCodes.noRoute],
  [408, closeCodes.timeout],
  [429, closeCodes.rateLimited],
  [500, closeCodes.handlerFailed],
  [503, closeCodes.overloaded],
]);

/** The close code that says the same as an HTTP status, where there is one. */
export function closeRowOf(status: number): CloseRow | undefined {
  return rowsByStatus.get(status);
}

const rows: ReadonlyMap<number, CloseRow> = new Map(Object.values(closeCodes).map((row) => [row.code, row]));

/** Tells what a client does after `code`. */
export function reconnectAfter(code: number): Reconnect {
  return rows.get(code)?.reconnect ?? (code >= 4400 && code <= 4499 ? "no" : "yes");
}
