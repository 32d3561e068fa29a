import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";
import type { Signature } from "./signature.ts";

/** A session as its cookie tells it. */
export interface SessionTicket {
  /** What `issue` was given: a user's id, or better, a session's. */
  readonly id: string;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Why a value is no session. */
export type SessionProblem = "malformed" | "forged" | "expired";

/** The most bytes of UTF-8 that an id may have: the cookie stays far below the 4,096 bytes browsers keep. */
export const maxIdBytes = 1_024;

// A version, the id and the expiry in base64url and base 36, and the 32 bytes of the signature in base64url. Each part is
// bounded, so that nothing long is ever decoded or hashed.
const form = /^(v1\.([\w-]{1,1366})\.([0-9a-z]{1,11}))\.([\w-]{43})$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of an id, or `undefined` when it is empty, too long, or not well-formed Unicode. */
export function idBytes(id: unknown): Uint8Array | undefined {
  if (typeof id !== "string" || id.length === 0 || id.length > maxIdBytes) return undefined;
  const bytes = encoder.encode(id);
  return bytes.length <= maxIdBytes && decoder.decode(bytes) === id ? bytes : undefined;
}

/** Writes the value of a session cookie: readable by anybody, writable only with the secret. */
export async function sealSession(
  signature: Signature,
  name: string,
  content: { id: Uint8Array; expiresAtMs: number },
): Promise<string> {
  const head = `v1.${encodeBase64Url(content.id)}.${content.expiresAtMs.toString(36)}`;
  return `${head}.${encodeBase64Url(await signature.sign(signedText(name, head)))}`;
}

/** Reads the value of a session cookie; nothing in it is looked at before its signature is. */
export async function openSession(
  signature: Signature,
  name: string,
  value: string,
): Promise<SessionTicket | SessionProblem> {
  const [, head = "", idText = "", expiryText = "", signatureText = ""] = form.exec(value) ?? [];
  const mac = decodeBase64Url(signatureText);
  if (head === "" || mac === undefined) return "malformed";
  if (!(await signature.verify(signedText(name, head), mac))) return "forged";
  const bytes = decodeBase64Url(idText);
  const expiresAtMs = Number.parseInt(expiryText, 36);
  if (bytes === undefined || !Number.isSafeInteger(expiresAtMs)) return "malformed";
  if (expiresAtMs <= Date.now()) return "expired";
  return { id: decoder.decode(bytes), expiresAtMs };
}

// The name is signed too: what was issued for one cookie is nothing in another that shares the secret.
function signedText(name: string, head: string): string {
  return `solent.session\0${name}\0${head}`;
}
