import type { End } from "../connection/link.ts";
import type { AcceptOptions } from "../connection/transport.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { pending } from "../internal/deferred.ts";
import { cutReason, requireCloseCode } from "./close-code.ts";
import { ConsumerBase } from "./consumer-base.ts";
import type { ConsumerRunner } from "./consumer-runner.ts";

/** What `connect` returns: proof that the connection was accepted or denied. Only `accept` and `deny` make one. */
export interface Admission {
  readonly "~decided": true;
}

const admission: Admission = Object.freeze({ "~decided": true as const });

/** What the WebSocket consumers with and without a contract share: deciding, closing, and the end. */
export abstract class SocketConsumer extends ConsumerBase {
  /**
   * Decides about the connection; every member it joins before is live when the peer hears of it.
   *
   * A `connect` that ends without `return this.accept()` or `return this.deny(status)` is denied. A throw is denied with
   * status 500. @default accepts
   */
  connect(): Admission | Promise<Admission> {
    return this.accept();
  }

  /** Told once how the connection ended, after everything else. Groups are left before. */
  disconnect(_end: End): void | Promise<void> {}

  /**
   * Accepts the connection.
   *
   * @throws {SolentError} CONSUMER_STATE when it was accepted before.
   */
  accept(options?: AcceptOptions): Admission {
    this["~runner"].link.accept(options);
    return admission;
  }

  /**
   * Refuses the connection with an HTTP status and body (403 by default).
   *
   * @throws {SolentError} CONSUMER_STATE when it was accepted before.
   */
  deny(status = 403, body = ""): Admission {
    this["~runner"].link.deny(status, body);
    return admission;
  }

  /**
   * Closes the connection; what was sent before reaches the peer before.
   *
   * @param code 1000, or 3000 to 4999. @default 1000
   * @param reason at most 123 bytes of UTF-8; what is longer is cut.
   * @throws {SolentError} CONFIG_INVALID for a code that may not be sent.
   */
  close(code: number = closeCodes.normal.code, reason = ""): void {
    requireCloseCode(code);
    this["~runner"].link.close(code, cutReason(reason), "server");
  }

  /** Resolves when the peer has taken enough of what was sent that sending on costs no memory. */
  drained(): Promise<void> {
    return this.connection.drained();
  }

  /** @internal */
  "~connect"(): void | Promise<void> {
    const admitted = this.connect();
    // Deciding at once costs no promise: most connections are accepted in the turn they arrive.
    const deciding = pending(admitted);
    if (deciding !== undefined) return deciding.then(() => denyUndecided(this["~runner"], undecided));
    denyUndecided(this["~runner"], undecided);
  }

  /** @internal */
  "~disconnect"(end: End): unknown {
    return this.disconnect(end);
  }
}

/** A hook that ended without a decision, and what its author should have written. */
export interface Undecided {
  readonly hook: string;
  readonly remedy: string;
}

const undecided: Undecided = { hook: "connect", remedy: "Return this.accept() or this.deny(status)" };

/**
 * Denies a connection about which nobody has decided. Never accepted by omission: `if (!allowed) return;` must not open
 * a door.
 *
 * @internal
 */
export function denyUndecided({ link, info, environment, scope }: ConsumerRunner, { hook, remedy }: Undecided): void {
  if (link.state !== "connecting") return;
  const error = new SolentError("CONSUMER_UNDECIDED", { consumer: info.name, hook, remedy });
  environment.logger.error({ consumer: info.name, path: scope.path }, error.message);
  link.deny(403);
}

/** @internal */
export function requireAccepted(state: "connecting" | "open" | "closed"): void {
  if (state === "connecting")
    throw new SolentError("CONSUMER_STATE", { call: "send()", state: "connecting: accept it first" });
}
