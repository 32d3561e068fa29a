import { SolentError } from "../errors/solent-error.ts";

/** What a client's frame says, before its data is looked at. The keys are those of docs/reference/protocol.md. */
export type Envelope =
  | { readonly kind: "message"; readonly type: string; readonly data: unknown; readonly id: number | undefined }
  | { readonly kind: "answer"; readonly re: number; readonly data: unknown }
  | { readonly kind: "failure"; readonly re: number; readonly code: string }
  | { readonly kind: "other" };

/** Reads the envelope of a text frame. Unknown keys are ignored. @throws {SolentError} FRAME_INVALID */
export function readEnvelope(text: string): Envelope {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw new SolentError("FRAME_INVALID", { rule: "it is not JSON" });
  }
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) {
    throw new SolentError("FRAME_INVALID", { rule: "it is not a JSON object" });
  }
  const { type, data, id, re, error } = frame as Readonly<Record<string, unknown>>;
  if (re !== undefined) return readAnswer(re, data, error);
  if (type === undefined) {
    if (error !== undefined) return { kind: "other" };
    throw new SolentError("FRAME_INVALID", { rule: 'it has no "type"' });
  }
  if (typeof type !== "string") throw new SolentError("FRAME_INVALID", { rule: '"type" is not text' });
  if (id !== undefined && !isId(id)) throw new SolentError("FRAME_INVALID", { rule: '"id" is not a positive integer' });
  return { kind: "message", type, data, id };
}

function readAnswer(re: unknown, data: unknown, error: unknown): Envelope {
  if (!isId(re)) throw new SolentError("FRAME_INVALID", { rule: '"re" is not a positive integer' });
  if (error === undefined) return { kind: "answer", re, data };
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  if (typeof code !== "string") throw new SolentError("FRAME_INVALID", { rule: '"error" has no "code"' });
  return { kind: "failure", re, code };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
