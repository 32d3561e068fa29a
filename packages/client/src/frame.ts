/** A message as it arrived: nothing is known about `data` yet. */
export interface MessageFrame {
  readonly type: string;
  readonly data: unknown;
  /** The question's number, when the server waits for an answer. */
  readonly id: unknown;
}

/** A refusal as it arrived. */
export interface RefusalFrame {
  readonly error: { readonly code: string; readonly path: readonly (string | number)[]; readonly data: unknown };
  /** The number of the message that was refused, if it had one. */
  readonly re: number | undefined;
}

/** The answer to a call, as it arrived. */
export interface AnswerFrame {
  readonly re: number;
  readonly data: unknown;
}

/**
 * Reads a text frame; `undefined` for what this version does not know, which the protocol says to ignore.
 */
export function readFrame(text: string): MessageFrame | AnswerFrame | RefusalFrame | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(frame)) return undefined;
  const { type, data, id, re, error } = frame;
  if (typeof type === "string") {
    return "re" in frame || "error" in frame ? undefined : { type, data, id };
  }
  if ("type" in frame) return undefined;
  if (typeof re === "number" && !("error" in frame)) return { re, data };
  if (!isRecord(error) || typeof error["code"] !== "string") return undefined;
  const path = Array.isArray(error["path"]) ? (error["path"] as (string | number)[]) : [];
  return { error: { code: error["code"], path, data: error["data"] }, re: typeof re === "number" ? re : undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
