import type { End } from "../connection/link.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";

/** @throws {SolentError} CONFIG_INVALID for a close code that an application may not send (RFC 6455 section 7.4.2). */
export function requireCloseCode(code: number): void {
  if (code === closeCodes.normal.code || (Number.isInteger(code) && code >= 3000 && code <= 4999)) return;
  throw new SolentError("CONFIG_INVALID", {
    option: "code",
    value: code,
    rule: "a close code is 1000, or 3000 to 4999",
  });
}

/** Whether this server ended a connection by `close()`, a failure or a limit; the peer or the network did otherwise. */
export function isServersDoing({ cause, code }: End): boolean {
  return cause === "server" || (cause === "error" && code !== closeCodes.abnormal.code);
}

const encoder = new TextEncoder();

/** Cuts a reason to the 123 bytes a close frame holds (RFC 6455 section 5.5), and not inside a character. */
export function cutReason(reason: string): string {
  const room = new Uint8Array(123);
  const { read } = encoder.encodeInto(reason, room);
  return read === reason.length ? reason : reason.slice(0, read);
}
