import { SolentError } from "../errors/solent-error.ts";

/** What a client's frame says, before its data is looked at. The keys are those of docs/reference/protocol.md. */
export type Envelope =
  | { readonly kind: "message"; readonly type: string; readonly data: unknown; readonly id: number | undefined }
  | { readonly kind: "answer"; readonly re: number; readonly data: unknown }
  | { readonly kind: "failure"; readonly re: number; readonly code: string };

/**
 * Reads the envelope of a text frame; unknown keys are ignored.
 *
 * The order of the checks, and the `keys` of each refusal, are the protocol's table of complaints.
 *
 * @throws {SolentError} FRAME_INVALID
 */
export function readEnvelope(text: string): Envelope {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) throw invalid("it is not a JSON object");
  const { type, data, id, re, error } = frame as Readonly<Record<string, unknown>>;
  const hasType = Object.hasOwn(frame, "type");
  const hasAnswer = Object.hasOwn(frame, "re");
  const hasError = Object.hasOwn(frame, "error");
  if (hasType && (hasAnswer || hasError)) throw invalid('it has "type" together with "re" or "error"');
  if (hasAnswer) return readAnswer(re, data, hasError ? { error } : undefined);
  if (hasError) throw invalid("it is a complaint, which only a server makes", "error");
  if (!hasType) throw invalid('it has no "type"');
  if (typeof type !== "string") throw invalid('"type" is not text', "type");
  if (Object.hasOwn(frame, "id") && !isId(id)) throw invalid('"id" is not a positive integer', "id");
  return {
    kind: "message",
    type,
    data: Object.hasOwn(frame, "data") ? data : undefined,
    id: isId(id) ? id : undefined,
  };
}

function readAnswer(re: unknown, data: unknown, failure: { readonly error: unknown } | undefined): Envelope {
  if (!isId(re)) throw invalid('"re" is not a positive integer', "re");
  if (failure === undefined) return { kind: "answer", re, data };
  const { error } = failure;
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  if (typeof code !== "string") throw invalid('"error" has no "code"', "error");
  return { kind: "failure", re, code };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function invalid(rule: string, ...keys: readonly string[]): SolentError {
  return new SolentError("FRAME_INVALID", { rule, keys });
}
