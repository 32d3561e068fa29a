import type { WebSocketConstructor, WebSocketLike } from "../socket/web-socket.ts";
import { ClientError } from "../client-error.ts";
import { HttpSocket } from "./http-socket.ts";

/** A way to connect. */
export type ConnectTransport = "websocket" | "sse" | "stream" | "poll";

/** Options of `anySocket`. */
export interface AnySocketOptions {
  /** What is tried, in this order; `"stream"` is there for those who name it. @default ["websocket", "sse", "poll"] */
  readonly transports?: readonly ConnectTransport[];
  /** The class that opens WebSockets. @default the global one; where there is none, that way is left out */
  readonly WebSocket?: WebSocketConstructor;
  /** How long one way may take until the next is tried, in milliseconds. @default 3_000 */
  readonly attemptTimeoutMs?: number;
  /** How long a way that worked is the first to be tried, in milliseconds. @default 300_000 */
  readonly rememberMs?: number;
}

interface Memory {
  readonly transport: ConnectTransport;
  readonly untilMs: number;
}

const openState = 1;

/**
 * Makes a class for `connect`'s option `WebSocket` that finds a way through: WebSocket, else Server-Sent Events, else long
 * polls.
 *
 * What worked is tried first for a while, on that server, then the best again: a page comes back up when it reconnects. A
 * server that refuses the connection is believed, and not asked in another way.
 *
 * @throws {ClientError} CLIENT_OPTION when none of the ways is to be had here.
 */
export function anySocket(options: AnySocketOptions = {}): WebSocketConstructor {
  const { WebSocket = globalThis.WebSocket, transports = defaultTransports } = options;
  const usable = transports.filter((name) => name !== "websocket" || WebSocket !== undefined);
  if (usable.length === 0 || usable.some((name) => !allTransports.includes(name))) {
    throw new ClientError(
      "CLIENT_OPTION",
      `The option transports holds at least one of ${allTransports.join(", ")} that is to be had here.`,
    );
  }
  const memories = new Map<string, Memory>();
  return class extends AnySocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ...options, transports: usable, memories });
    }
  };
}

const defaultTransports: readonly ConnectTransport[] = ["websocket", "sse", "poll"];
const allTransports: readonly ConnectTransport[] = [...defaultTransports, "stream"];

interface Parts extends AnySocketOptions {
  readonly transports: readonly ConnectTransport[];
  readonly memories: Map<string, Memory>;
}

class AnySocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly #url: string;
  readonly #protocols: string[];
  readonly #parts: Parts;
  readonly #left: ConnectTransport[];
  #socket: WebSocketLike | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(url: string, protocols: string[], parts: Parts) {
    this.#url = url;
    this.#protocols = protocols;
    this.#parts = parts;
    this.#left = this.#order();
    this.#try();
  }

  get readyState(): number {
    return this.#isClosed ? 3 : this.#socket?.readyState === openState ? openState : 0;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  close(code?: number, reason?: string): void {
    const socket = this.#socket;
    this.#left.length = 0;
    if (socket === undefined) this.#ended({ code: code ?? 1006, reason: reason ?? "" });
    else socket.close(code, reason);
  }

  #order(): ConnectTransport[] {
    const { transports, memories } = this.#parts;
    const memory = memories.get(new URL(this.#url).host);
    const first = memory !== undefined && memory.untilMs > Date.now() ? memory.transport : transports[0];
    return [...transports].sort((a, b) => Number(b === first) - Number(a === first));
  }

  #try(): void {
    const transport = this.#left.shift();
    if (transport === undefined) return this.#ended({ code: 1006, reason: "" });
    const { WebSocket = globalThis.WebSocket, attemptTimeoutMs = 3_000 } = this.#parts;
    const socket: WebSocketLike =
      transport === "websocket"
        ? new WebSocket(this.#url, this.#protocols)
        : new HttpSocket(this.#url, this.#protocols, transport);
    this.#socket = socket;
    // The last way has as much time as the whole attempt has.
    if (this.#left.length > 0) this.#timer = setTimeout(() => this.#next(socket), attemptTimeoutMs);
    socket.onopen = () => this.#opened(transport);
    socket.onmessage = (event) => this.onmessage?.(event);
    socket.onerror = () => {};
    socket.onclose = (event: { code: number; reason: string }) => {
      // 1006 says nothing: not that the server was reached.
      if (event.code === 1006 && this.#left.length > 0) this.#next(socket);
      else this.#ended(event);
    };
  }

  #next(socket: WebSocketLike): void {
    clearTimeout(this.#timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#try();
  }

  #opened(transport: ConnectTransport): void {
    const { memories, rememberMs = 300_000 } = this.#parts;
    clearTimeout(this.#timer);
    this.#left.length = 0;
    memories.set(new URL(this.#url).host, { transport, untilMs: Date.now() + rememberMs });
    this.onopen?.({} as never);
  }

  #ended(event: { code: number; reason: string }): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.onclose?.(event as never);
  }
}
