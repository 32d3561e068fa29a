import { SolentError } from "../errors/solent-error.ts";
import type { Overflow } from "../outbox/outbox.ts";

/** The bounds of a connection. Every one has a default; 0 switches off only where it says so. */
export interface Limits {
  /** Largest message a client may send, in bytes, after decompression. Over it: close 1009. @default 1_048_576 */
  readonly maxFrameBytes: number;
  /** Most fragments of one message. Over it: close 1008. @default 1_024 */
  readonly maxFragments: number;
  /** Longest time from the upgrade request to the decision. Over it: HTTP 408. @default 10_000 */
  readonly handshakeTimeoutMs: number;
  /** Most connections at a time. Over it: HTTP 503. @default 50_000 */
  readonly maxConnections: number;
  /** Most bytes that wait for a slow reader. Over it: `overflow`. @default 1_048_576 */
  readonly maxOutboxBytes: number;
  /** What happens when the outbox is full and the message's `delivery` does not say. @default "disconnect" */
  readonly overflow: Overflow;
  /** Most client frames that wait for a handler; then the socket is no longer read. Four times as many while a handler waits for the peer's answer, which stands behind them. @default 64 */
  readonly maxQueuedFrames: number;
  /** Most frames that are refused before the connection is closed with 4400. @default 10 */
  readonly maxBadFrames: number;
  /** Most calls of one connection that wait for the peer's answer. @default 64 */
  readonly maxOpenCalls: number;
  /** Longest wait for the peer's answer to a call. @default 10_000 */
  readonly callTimeoutMs: number;
  /** Time between two pings. 0 switches the heartbeat off. @default 25_000 */
  readonly heartbeatIntervalMs: number;
  /** Longest silence after a ping before the connection counts as lost. @default 20_000 */
  readonly heartbeatTimeoutMs: number;
  /** Longest time without a message from the client before close 4408. 0 switches it off. @default 0 */
  readonly idleTimeoutMs: number;
  /** A handler that runs longer is logged with its name, path and age. @default 10_000 */
  readonly handlerDeadlineMs: number;
  /** How long `disconnect` waits for a handler that is still running. @default 10_000 */
  readonly disconnectGraceMs: number;
  /** How long a peer may take to answer a close before its socket is destroyed. @default 5_000 */
  readonly closeTimeoutMs: number;
}

/** The defaults of `Limits`. */
export const defaultLimits: Limits = Object.freeze({
  maxFrameBytes: 1_048_576,
  maxFragments: 1_024,
  handshakeTimeoutMs: 10_000,
  maxConnections: 50_000,
  maxOutboxBytes: 1_048_576,
  overflow: "disconnect",
  maxQueuedFrames: 64,
  maxBadFrames: 10,
  maxOpenCalls: 64,
  callTimeoutMs: 10_000,
  heartbeatIntervalMs: 25_000,
  heartbeatTimeoutMs: 20_000,
  idleTimeoutMs: 0,
  handlerDeadlineMs: 10_000,
  disconnectGraceMs: 10_000,
  closeTimeoutMs: 5_000,
} satisfies Limits);

const mayBeZero: ReadonlySet<string> = new Set(["heartbeatIntervalMs", "idleTimeoutMs"]);
const overflows: readonly string[] = ["disconnect", "dropOldest", "dropNewest"];

/**
 * Fills in the defaults and checks every value.
 *
 * @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule.
 */
export function resolveLimits(options: Partial<Limits> = {}): Limits {
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(defaultLimits, option)) {
      throw new SolentError("CONFIG_INVALID", {
        option,
        value,
        rule: `the limits are ${Object.keys(defaultLimits).join(", ")}`,
      });
    }
    if (option === "overflow") {
      if (!overflows.includes(value as string)) {
        throw new SolentError("CONFIG_INVALID", { option, value, rule: `it is one of ${overflows.join(", ")}` });
      }
      continue;
    }
    const least = mayBeZero.has(option) ? 0 : 1;
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= least)) {
      throw new SolentError("CONFIG_INVALID", { option, value, rule: `it is a whole number of at least ${least}` });
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return Object.freeze({ ...defaultLimits, ...given });
}
