import { ClientError } from "./client-error.ts";
import type { WebSocketConstructor } from "./socket/web-socket.ts";

/** When and how often to come back. */
export interface ReconnectOptions {
  /** Shortest pause before an attempt, in milliseconds. @default 500 */
  readonly minDelayMs?: number;
  /** Longest pause before an attempt, in milliseconds. @default 20_000 */
  readonly maxDelayMs?: number;
  /** Shortest pause after a close code that asks for a longer one, in milliseconds. @default 5_000 */
  readonly longDelayMs?: number;
  /** How long a connection lasts until pauses start small again, in milliseconds. @default 5_000 */
  readonly stableAfterMs?: number;
  /**
   * Failed attempts until it gives up, as long as it was never open. @default 10
   *
   * A browser cannot tell a handshake that was denied from a network that is down; this is what ends the former.
   */
  readonly maxFirstAttempts?: number;
  /** Failed attempts in a row until it gives up, once it was open. @default Infinity */
  readonly maxAttempts?: number;
  /** Numbers from 0 (included) to 1 (excluded), for the pauses. @default Math.random */
  readonly random?: () => number;
}

/** How to connect. */
export interface ConnectOptions {
  /** The class that opens sockets. @default the global WebSocket; Node before 22 has none: pass that of the ws package */
  readonly WebSocket?: WebSocketConstructor;
  /**
   * A credential, or what fetches one before every attempt; it is offered as the subprotocol `solent.token.<token>`.
   *
   * Its characters are those of a JWT or another HTTP token. A fetch that fails counts as a failed attempt.
   */
  readonly token?: string | (() => string | Promise<string>);
  /**
   * What is added to the address's query, asked before every attempt: `() => ({ since: lastPosition })` lets a page that comes back
   * say what it saw last. A value that is `undefined` is left out.
   */
  readonly query?: () => Readonly<Record<string, string | undefined>>;
  /** Messages that wait until it is open; one more makes `send` throw. @default 100 */
  readonly maxQueuedMessages?: number;
  /** Bytes the socket may hold back when the network is slow; beyond, `send` throws. @default 1_048_576 */
  readonly maxBufferedBytes?: number;
  /** Calls that wait for their answers; one more is refused. @default 100 */
  readonly maxOpenCalls?: number;
  /** How long a call waits for its answer, in milliseconds, the time until it is open included. @default 10_000 */
  readonly callTimeoutMs?: number;
  /** Messages one async iteration may be behind; one more ends it with an error. @default 1_000 */
  readonly maxUnreadMessages?: number;
  /** Longest time from the start of an attempt until it is open, in milliseconds. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** When and how often to come back. */
  readonly reconnect?: ReconnectOptions;
  /**
   * Hears what handlers and the token function throw, and complaints that nobody listens to.
   *
   * @default the page's `reportError`, else `console.error`
   */
  readonly onError?: (error: unknown) => void;
}

/** The options with every default filled in. */
export interface ResolvedOptions extends Required<Omit<ConnectOptions, "reconnect" | "token" | "query">> {
  readonly token: ConnectOptions["token"];
  readonly query: ConnectOptions["query"];
  readonly reconnect: Required<ReconnectOptions>;
}

interface Platform {
  readonly WebSocket?: WebSocketConstructor;
  readonly reportError?: (error: unknown) => void;
}

/**
 * Fills in the defaults and checks the values.
 *
 * @throws {ClientError} CLIENT_OPTION naming the option and the rule.
 */
export function resolveOptions(options: ConnectOptions): ResolvedOptions {
  const platform = globalThis as Platform;
  const WebSocket = options.WebSocket ?? platform.WebSocket;
  if (WebSocket === undefined) {
    throw new ClientError(
      "CLIENT_OPTION",
      "There is no WebSocket here: pass the one of the ws package as the option WebSocket.",
    );
  }
  const reconnect = {
    minDelayMs: 500,
    maxDelayMs: 20_000,
    longDelayMs: 5_000,
    stableAfterMs: 5_000,
    maxFirstAttempts: 10,
    maxAttempts: Infinity,
    random: Math.random,
    ...given(options.reconnect),
  };
  const resolved = {
    token: undefined,
    query: undefined,
    maxQueuedMessages: 100,
    maxBufferedBytes: 1_048_576,
    maxOpenCalls: 100,
    callTimeoutMs: 10_000,
    maxUnreadMessages: 1_000,
    connectTimeoutMs: 10_000,
    onError: report,
    ...given(options),
    WebSocket,
    reconnect,
  };
  checkNumbers({ ...resolved, ...reconnect });
  return resolved;
}

/** Without keys whose value is `undefined`: they mean the default. */
function given<T extends object>(options: T | undefined): T {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as T;
}

function checkNumbers(options: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (!/^max|Ms$/.test(option)) continue;
    const least = option.endsWith("Attempts") ? 1 : 0;
    if (typeof value === "number" && value >= least) continue;
    throw new ClientError(
      "CLIENT_OPTION",
      `The option ${option} is ${String(value)}: it is a number of at least ${least}.`,
    );
  }
}

function report(error: unknown): void {
  const { reportError } = globalThis as Platform;
  (reportError ?? console.error)(error);
}
