import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { type Middleware, middleware } from "./middleware.ts";

/** Options of `rateLimit`: `messages`, `bytes` or both. */
export interface RateLimitOptions {
  /** Messages a client may send in `perMs`, in the long run. @default not limited */
  readonly messages?: number;
  /** Bytes of messages a client may send in `perMs`, and at once. A larger message never passes. @default not limited */
  readonly bytes?: number;
  /** The time that `messages` and `bytes` are meant for. @default 1_000 */
  readonly perMs?: number;
  /** Messages a client may send at once after a pause. @default `messages` */
  readonly burst?: number;
  /** What a message over the limit leads to: close 4429, or nothing but its loss. @default "close" */
  readonly onExceed?: "close" | "drop";
}

type Limited = Required<Pick<RateLimitOptions, "perMs" | "onExceed">> & {
  readonly messages: number;
  readonly bytes: number;
  readonly burst: number;
};

/**
 * Middleware that limits how much each connection may send, before its consumer sees any of it.
 *
 * A token bucket per connection: a new one may send `burst` messages at once. Over the limit the connection is closed with
 * 4429, or the message is dropped; both are published on `solent:overflow`, and logged once a connection. Pings do not count.
 *
 * @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule.
 */
export function rateLimit(options: RateLimitOptions): Middleware<Record<never, never>> {
  const limits = resolve(options);
  return middleware((scope, link, next) => {
    const guard = new RateGuard(limits, scope, link);
    link.guard((payload) => guard.allows(payload));
    try {
      const work = next({});
      return work instanceof Promise ? work.catch((error: unknown) => guard.giveUp(error)) : work;
    } catch (error) {
      return guard.giveUp(error);
    }
  });
}

// The clock gives fractions of milliseconds, and sums of fractions fall short of whole numbers by a little.
const rounding = 1e-6;

/** Tokens that come back at a steady rate, up to a most. It keeps no timer: what has come back is reckoned when asked. */
class TokenBucket {
  readonly #capacity: number;
  readonly #tokensPerMs: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(capacity: number, tokensPerMs: number) {
    this.#capacity = capacity;
    this.#tokensPerMs = tokensPerMs;
    this.#tokens = capacity;
    this.#filledAtMs = performance.now();
  }

  /** Takes `count` tokens, or none when there are not so many. */
  take(count: number): boolean {
    const now = performance.now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAtMs) * this.#tokensPerMs);
    this.#filledAtMs = now;
    if (this.#tokens + rounding < count) return false;
    this.#tokens -= count;
    return true;
  }
}

/** Watches over what one connection sends. */
class RateGuard {
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  readonly #onExceed: "close" | "drop";
  readonly #path: string;
  readonly #link: Link;
  #isOff = false;
  #isLogged = false;

  constructor(limits: Limited, scope: Scope, link: Link) {
    const { messages, bytes, burst, perMs, onExceed } = limits;
    this.#messages = messages === Infinity ? undefined : new TokenBucket(burst, messages / perMs);
    this.#bytes = bytes === Infinity ? undefined : new TokenBucket(bytes, bytes / perMs);
    this.#onExceed = onExceed;
    this.#path = scope.path;
    this.#link = link;
  }

  allows(payload: string | Uint8Array): boolean {
    if (this.#isOff) return true;
    const isWithin = (this.#messages?.take(1) ?? true) && (this.#bytes?.take(byteLength(payload)) ?? true);
    if (!isWithin) this.#refuse();
    return isWithin;
  }

  /** The application inside has thrown: if another route takes the connection, this limit is not meant for it. */
  giveUp(error: unknown): never {
    this.#isOff = true;
    throw error;
  }

  #refuse(): void {
    const link = this.#link;
    const { logger, observer } = link.environment;
    const action = this.#onExceed === "close" ? "disconnect" : "drop";
    if (observer.overflow.hasSubscribers) observer.overflow.publish({ id: link.id, what: "rate", action });
    if (!this.#isLogged)
      logger.warn({ id: link.id, path: this.#path, action }, "a client sends more than its rate limit allows");
    this.#isLogged = true;
    if (action === "disconnect") link.close(closeCodes.rateLimited.code, closeCodes.rateLimited.reason, "error");
  }
}

function resolve(options: RateLimitOptions): Limited {
  const { messages = Infinity, bytes = Infinity, perMs = 1_000, onExceed = "close" } = options;
  for (const option of ["messages", "bytes", "perMs", "burst"] as const) {
    const value = options[option];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      throw invalid(option, value, "it is a whole number of at least 1");
  }
  if (onExceed !== "close" && onExceed !== "drop") throw invalid("onExceed", onExceed, "it is one of close, drop");
  if (options.messages === undefined && options.burst !== undefined)
    throw invalid("burst", options.burst, "it belongs to messages, which is not given");
  if (options.messages === undefined && options.bytes === undefined)
    throw invalid("messages", undefined, "give messages, bytes or both");
  return { messages, bytes, perMs, burst: options.burst ?? messages, onExceed };
}

function invalid(option: string, value: unknown, rule: string): SolentError {
  return new SolentError("CONFIG_INVALID", { option, value, rule });
}

/** The length of a message in UTF-8, without encoding it. */
function byteLength(payload: string | Uint8Array): number {
  if (typeof payload !== "string") return payload.length;
  let bytes = payload.length;
  for (let at = 0; at < payload.length; at++) {
    const unit = payload.charCodeAt(at);
    if (unit < 0x80) continue;
    // Two units of a pair make four bytes together: two each.
    const isHalfPair = unit >= 0xd800 && unit <= 0xdfff;
    bytes += unit < 0x800 || isHalfPair ? 1 : 2;
  }
  return bytes;
}
