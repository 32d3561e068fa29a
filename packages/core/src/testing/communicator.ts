import type { Connection } from "../connection/connection.ts";
import type { AcceptOptions, AnswerHeaders, Denial } from "../connection/transport.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { MemoryPeer, MemoryTransport } from "./memory-transport.ts";

/** How long a communicator waits for what a test expects. */
export interface Patience {
  /** In milliseconds of real time. @default 2_000 */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 2_000;
// Taken before a test replaces the clock: patience is real time.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How a connection ended, as its client sees it. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/**
 * A client of a test server: sends frames, and reads what arrives in order. No port, no sleep.
 *
 * A wait that takes too long rejects with what did arrive, and never ends the consumer under test.
 */
export class Communicator implements MemoryPeer, AsyncDisposable {
  #transport: MemoryTransport | undefined;
  #connection: Connection | undefined;
  #accepted: AcceptOptions | undefined;
  #denial: Denial | undefined;
  #closed: Closed | undefined;
  readonly #received: (string | Uint8Array)[] = [];
  readonly #waiting = new Set<() => void>();

  /** @internal */
  bind(transport: MemoryTransport, connection: Connection): void {
    this.#transport = transport;
    this.#connection = connection;
  }

  /** The subprotocol the server chose; `""` for none. */
  get subprotocol(): string {
    return this.#accepted?.subprotocol ?? "";
  }

  /** The headers the server added to its acceptance. */
  get headers(): AnswerHeaders {
    return this.#accepted?.headers ?? {};
  }

  /** Frames that have arrived and were not read yet. */
  get pending(): number {
    return this.#received.length;
  }

  /** Resolves with code and reason once the connection has ended. */
  async closed(patience?: Patience): Promise<Closed> {
    await this.#until(() => this.#closed !== undefined, "the connection to end", patience);
    return this.#closed as Closed;
  }

  /** Sends a text or binary frame. @throws {SolentError} CONSUMER_STATE when the connection has ended. */
  sendFrame(payload: string | Uint8Array): void {
    if (this.#closed !== undefined) throw new SolentError("CONSUMER_STATE", { call: "sendFrame()", state: "closed" });
    (this.#transport as MemoryTransport).push(payload);
  }

  /** The next frame, as it arrived. */
  async nextFrame(patience?: Patience): Promise<string | Uint8Array> {
    await this.#until(() => this.#received.length > 0 || this.#closed !== undefined, "a frame", patience);
    const payload = this.#received.shift();
    if (payload !== undefined) return payload;
    const { code, reason } = this.#closed as Closed;
    throw new Error(`expected a frame, but the connection was closed with ${code} ${JSON.stringify(reason)}`);
  }

  /** Stops reading, as a client on a bad network does; frames collect in the server's outbox. */
  stopReading(): void {
    this.#transport?.hold();
  }

  /** Reads on. */
  resumeReading(): void {
    this.#transport?.release();
    this.#connection?.handleDrain();
  }

  /** Closes the connection as a client does. */
  close(code = 1000, reason = ""): void {
    if (this.#closed !== undefined) return;
    this.#closed = { code, reason };
    this.#connection?.handleEnd({ code, reason, cause: "client" });
    this.#wake();
  }

  /** Vanishes without a word, as a client that loses its network does. */
  vanish(): void {
    if (this.#closed !== undefined) return;
    this.#closed = { code: 1006, reason: "" };
    this.#connection?.handleEnd({ code: 1006, reason: "", cause: "error" });
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** @internal Resolves when the server has decided. @throws {SolentError} CONNECTION_DENIED */
  async opened(patience?: Patience): Promise<void> {
    await this.#until(
      () => this.#accepted !== undefined || this.#denial !== undefined || this.#closed !== undefined,
      "a decision",
      patience,
    );
    if (this.#accepted !== undefined) return;
    const { status, body } = this.#denial ?? { status: 0, body: "" };
    throw new SolentError("CONNECTION_DENIED", { status, body });
  }

  /** @internal */
  accepted(options: AcceptOptions): void {
    this.#accepted = options;
    this.#wake();
  }

  /** @internal */
  denied(denial: Denial): void {
    this.#denial = denial;
    this.#wake();
  }

  /** @internal */
  arrived(payload: string | Uint8Array): void {
    this.#received.push(payload);
    this.#wake();
  }

  /** @internal */
  ended(code: number, reason: string): void {
    this.#closed ??= { code, reason };
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #until(isMet: () => boolean, what: string, patience: Patience | undefined): Promise<void> {
    if (isMet()) return;
    const timeoutMs = patience?.timeoutMs ?? defaultTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        if (!isMet()) return;
        stopTimer(timer);
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = startTimer(() => {
        this.#waiting.delete(settle);
        reject(new Error(`waited ${timeoutMs} ms for ${what}; ${this.#received.length} frames are unread`));
      }, timeoutMs);
      this.#waiting.add(settle);
    });
  }
}
