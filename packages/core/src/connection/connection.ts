import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { Shipping } from "../outbox/backlog.ts";
import type { Environment } from "./environment.ts";
import type { Frame } from "../outbox/frame.ts";
import type { End, EndCause, Link, Receiver } from "./link.ts";
import { Outbox, type OutboxOwner, type Overflow } from "../outbox/outbox.ts";
import type { IncomingRequest } from "./request.ts";
import type { AnswerHead, Denial, Transport } from "./transport.ts";

/** What is known of a connection before its first frame. */
export interface ConnectionFacts {
  readonly id: string;
  readonly path: string;
  readonly remoteAddress: string | undefined;
  readonly request?: IncomingRequest;
}

const refusal = (status: number, headers: Denial["headers"] = {}): Denial => ({ status, body: "", headers });

/** How a handshake is answered when something ends it before it is decided. */
const refusals: Readonly<Record<EndCause, Denial>> = {
  client: refusal(400),
  server: refusal(403),
  error: refusal(500),
  timeout: refusal(408),
  shutdown: refusal(503, { "retry-after": "5" }),
};

/**
 * What carries frames to and from one peer: outbox, limits and heartbeat over any transport.
 *
 * It is also the link of its first consumer.
 */
export class Connection implements Link, OutboxOwner {
  /** Unique in the process. */
  readonly id: string;
  /** The path it was opened with. */
  readonly path: string;
  /** The peer's address as the socket reports it. */
  readonly remoteAddress: string | undefined;
  /** @internal */
  readonly environment: Environment;
  /** @internal */
  readonly lane = 0;
  /** @internal */
  readonly request: IncomingRequest | undefined;
  readonly #transport: Transport;
  readonly #outbox: Outbox;
  readonly #forget: (connection: Connection) => void;
  #state: "connecting" | "open" | "closed" = "connecting";
  #receiver: Receiver | undefined;
  #allows: ((payload: string | Uint8Array) => boolean) | undefined;
  #subprotocol = "";
  #pingedAtMs = 0;
  #heardAtMs: number;
  #latencyMs: number | undefined;
  #messageAtMs: number;
  #hasMessage = false;
  #isPaused = false;

  /** @internal Made by server bindings; `forget` is called once, when the connection has ended. */
  constructor(
    facts: ConnectionFacts,
    transport: Transport,
    context: { environment: Environment; forget: (connection: Connection) => void },
  ) {
    this.id = facts.id;
    this.path = facts.path;
    this.remoteAddress = facts.remoteAddress;
    this.request = facts.request;
    this.environment = context.environment;
    this.#forget = context.forget;
    this.#transport = transport;
    this.#outbox = new Outbox(transport, this);
    this.#heardAtMs = this.#messageAtMs = performance.now();
  }

  /** @internal */
  get connection(): this {
    return this;
  }

  /** `"connecting"` until it is accepted, `"closed"` from the moment it ends. */
  get state(): "connecting" | "open" | "closed" {
    return this.#state;
  }

  /** @internal Whether an application has taken charge. */
  get isTaken(): boolean {
    return this.#receiver !== undefined;
  }

  /** The transport's name: `"websocket"`, `"sse"`, `"stream"`, `"poll"`; `"http"` for a request that an `HttpConsumer` answers. */
  get transport(): string {
    return this.#transport.kind;
  }

  /** The subprotocol that was agreed on; `""` for none. */
  get subprotocol(): string {
    return this.#subprotocol;
  }

  /** Bytes sent that the peer has not taken yet. */
  get bufferedBytes(): number {
    return this.#outbox.bytes + this.#transport.bufferedBytes;
  }

  /** Round trip of the last heartbeat in milliseconds; `undefined` before the first answer. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /** @internal */
  get maxOutboxBytes(): number {
    return this.environment.limits.maxOutboxBytes;
  }

  /** @internal */
  get overflow(): Overflow {
    return this.environment.limits.overflow;
  }

  /** Resolves when the peer has taken enough of what was sent that sending on costs no memory. */
  drained(): Promise<void> {
    return this.#outbox.drained() ?? Promise.resolve();
  }

  /** @internal */
  open(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** @internal */
  accept(options: AnswerHead = {}): void {
    if (this.#state === "open") throw new SolentError("CONSUMER_STATE", { call: "accept()", state: this.#state });
    // The peer may have left while `connect` was looking something up: that is no mistake of the consumer's.
    if (this.#state === "closed") return;
    if (!this.#transport.accept(options)) {
      this.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause: "client" });
      return;
    }
    this.#state = "open";
    this.#subprotocol = options.subprotocol ?? "";
    this.#heardAtMs = this.#messageAtMs = performance.now();
    const { connect } = this.environment.observer;
    if (connect.hasSubscribers) {
      connect.publish({ id: this.id, path: this.path, consumer: this.#receiver?.consumerName });
    }
  }

  /** @internal */
  deny(status: number, body = "", headers: Readonly<Record<string, string>> = {}): void {
    if (this.#state === "open") throw new SolentError("CONSUMER_STATE", { call: "deny()", state: this.#state });
    if (this.#state === "closed") return;
    this.#refuse({ status, body, headers }, "server");
  }

  /** @internal */
  close(code: number, reason: string, cause: EndCause): void {
    if (this.#state === "closed") return;
    if (this.#state === "connecting") {
      this.#refuse(refusals[cause], cause);
      return;
    }
    // What was sent before the close reaches the peer before it; nothing may follow a close frame.
    // A peer that is cut off for not reading gets nothing more.
    if (code === closeCodes.overloaded.code) this.#outbox.clear();
    else this.#outbox.flushAll();
    this.#transport.close(code, reason);
    this.handleEnd({ code, reason, cause });
  }

  /** @internal Nobody decided in time. */
  expire(): void {
    this.#refuse(refusals.timeout, "timeout");
  }

  /** @internal Ends it without waiting for the peer. */
  terminate(cause: EndCause): void {
    if (this.#state === "closed") return;
    this.#transport.terminate();
    this.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause });
  }

  /** @internal */
  send(frame: Frame, shipping: Shipping | undefined): void {
    if (this.#state === "open") this.#outbox.push(frame, shipping);
  }

  /** @internal */
  guard(allows: (payload: string | Uint8Array) => boolean): void {
    const before = this.#allows;
    this.#allows = before === undefined ? allows : (payload) => before(payload) && allows(payload);
  }

  /** @internal */
  pause(): void {
    this.#isPaused = true;
    this.#pingedAtMs = 0;
    this.#transport.pause();
  }

  /** @internal */
  resume(): void {
    this.#isPaused = false;
    this.#heardAtMs = this.#messageAtMs = performance.now();
    this.#transport.resume();
  }

  /** @internal A message arrived from the peer. */
  handleMessage(payload: string | Uint8Array): void {
    if (this.#state !== "open") return;
    // The heartbeat reads the clock for it: a busy connection would do so thousands of times between two beats.
    this.#hasMessage = true;
    if (this.#allows !== undefined && !this.#allows(payload)) return;
    this.#receiver?.receiveFrame(payload);
  }

  /** @internal The peer answered a ping. */
  handlePong(): void {
    const now = performance.now();
    this.#heardAtMs = now;
    if (this.#pingedAtMs > 0) this.#latencyMs = now - this.#pingedAtMs;
    this.#pingedAtMs = 0;
  }

  /** @internal The transport has room again. */
  handleDrain(): void {
    if (!this.#outbox.isBehind) return;
    this.#heardAtMs = performance.now();
    this.#outbox.handleDrain();
  }

  /** @internal The transport is about to answer the peer's close, or its mistake: what was said goes before that. */
  flush(): void {
    this.#outbox.flushAll();
  }

  /** @internal The connection has ended; only the first call counts. */
  handleEnd(end: End): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#outbox.clear();
    // The peer's answer to our close frame, or its farewell, must still be read.
    if (this.#isPaused) this.resume();
    this.#forget(this);
    this.#receiver?.receiveEnd(end);
    this.#receiver = undefined;
    this.#allows = undefined;
  }

  /** @internal One beat of the server's heartbeat: looks for silence, and asks for a sign of life. */
  beat(nowMs: number): void {
    // A peer that is not read cannot be heard: its silence is ours.
    if (this.#state !== "open" || this.#isPaused) return;
    const { heartbeatTimeoutMs, idleTimeoutMs } = this.environment.limits;
    if (this.#hasMessage) {
      this.#hasMessage = false;
      this.#heardAtMs = this.#messageAtMs = nowMs;
    }
    if (idleTimeoutMs > 0 && this.request === undefined && nowMs - this.#messageAtMs > idleTimeoutMs) {
      this.close(closeCodes.timeout.code, closeCodes.timeout.reason, "timeout");
      return;
    }
    if (this.#pingedAtMs > 0 && this.#heardAtMs <= this.#pingedAtMs && nowMs - this.#pingedAtMs > heartbeatTimeoutMs) {
      this.terminate("timeout");
    }
  }

  /** @internal */
  ping(nowMs: number): void {
    if (this.#state !== "open" || this.#isPaused || (this.#pingedAtMs > 0 && this.#heardAtMs <= this.#pingedAtMs))
      return;
    this.#pingedAtMs = nowMs;
    // A peer that does not read would not see a ping behind its backlog: the backlog itself is the question.
    if (!this.#outbox.isBehind) this.#transport.ping();
  }

  #refuse(denial: Denial, cause: EndCause): void {
    this.#transport.deny(denial);
    this.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause });
  }

  /** @internal */
  outboxOverflowed(action: "disconnect" | "drop", type: string): void {
    const { observer, logger } = this.environment;
    if (observer.overflow.hasSubscribers) observer.overflow.publish({ id: this.id, what: "outbox", type, action });
    if (action === "drop") return;
    logger.warn(
      { id: this.id, path: this.path, bufferedBytes: this.bufferedBytes },
      "a peer reads too slowly and is disconnected",
    );
    this.close(closeCodes.overloaded.code, closeCodes.overloaded.reason, "error");
  }
}
