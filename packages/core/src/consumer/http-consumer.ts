import type { End } from "../connection/link.ts";
import type { IncomingRequest } from "../connection/request.ts";
import { streamHeaders } from "../connection/stream-headers.ts";
import type { AnswerHeaders } from "../connection/transport.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { encodeText } from "../internal/encode-text.ts";
import { binaryFrame, Frame, textFrame } from "../outbox/frame.ts";
import { ConsumerBase } from "./consumer-base.ts";
import { RequestBody } from "./request-body.ts";
import { eventStreamComment, type ServerSentEvent, serverSentEvent } from "./server-sent-event.ts";
import type { ScopedHttpClass } from "./typed.ts";

/** What `handle` returns: proof that the request was answered, or is kept for a handler to answer. */
export interface Answer {
  readonly "~answered": true;
}

const answer: Answer = Object.freeze({ "~answered": true as const });

/** How long a request is kept that nothing has been said to. */
const keptMs = 30_000;
const longestTimerMs = 2_147_483_647;
const statusWithoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Head of an answer. */
export interface HeadOptions {
  /** @default 200 */
  readonly status?: number;
  /** A list for a header that is repeated. @default none */
  readonly headers?: AnswerHeaders;
}

/**
 * A consumer that answers one HTTP request.
 *
 * Extend it with `handle`, and with a method for each event type of the groups it joins. Events reach it while `handle` runs, one at
 * a time, and after `handle` has returned `this.keepOpen()`. A client that leaves aborts `this.signal` at once.
 */
export abstract class HttpConsumer extends ConsumerBase {
  /** Largest body, in bytes. Over it: 413. @default 1_048_576 */
  static readonly maxBodyBytes: number = 1_048_576;

  #isEventStream = false;
  #isKept = false;
  #keptTimer: ReturnType<typeof setTimeout> | undefined;

  /** The same class, for which routers demand these scope keys. */
  static needs<Needs>(): ScopedHttpClass<Needs> {
    // Needs are types alone: routers check them, and nothing of them is left at run time.
    return this as unknown as ScopedHttpClass<Needs>;
  }

  /**
   * Answers the request, whatever its method (`this.scope.method`).
   *
   * It returns what `sendResponse`, `sendJson`, `sendBody` or `keepOpen` return. One that ends without an answer is answered
   * with 500, or cut off when the answer has begun, and logged; so is a throw.
   */
  abstract handle(body: RequestBody): Answer | Promise<Answer>;

  /** Told once how it ended, after everything else: answered (1000), or left by its client (1006). Groups are left before. */
  disconnect(_end: End): void | Promise<void> {}

  /** What the client of an event stream has seen last (`Last-Event-ID`); `""` when it says nothing. */
  get lastEventId(): string {
    const id = this.scope.headers["last-event-id"];
    return typeof id === "string" ? id : "";
  }

  /**
   * Begins the answer. Nothing happens once the client has left.
   *
   * @throws {SolentError} CONSUMER_STATE when it was begun before, CONFIG_INVALID for a status or header that HTTP does not know.
   */
  sendHeaders({ status = 200, headers = {} }: HeadOptions = {}): void {
    this["~runner"].link.accept({ status, headers });
  }

  /**
   * Sends a piece of the body: the last one, unless more is to come. Never waits: `await this.drained()` does.
   *
   * @throws {SolentError} CONSUMER_STATE before the headers.
   */
  sendBody(payload: string | Uint8Array, { moreBody = false }: { readonly moreBody?: boolean } = {}): Answer {
    const { link } = this["~runner"];
    if (link.state === "connecting")
      throw new SolentError("CONSUMER_STATE", { call: "sendBody()", state: "without headers: send them first" });
    if (payload.length > 0)
      link.send(typeof payload === "string" ? textFrame(payload) : binaryFrame(payload), undefined);
    if (!moreBody) link.close(closeCodes.normal.code, closeCodes.normal.reason, "server");
    return answer;
  }

  /**
   * Answers with a whole body: a string is `text/plain` unless the headers say otherwise.
   *
   * Nothing happens when the client has left. @throws {SolentError} as `sendHeaders` does.
   */
  sendResponse(status: number, body: string | Uint8Array = "", headers: AnswerHeaders = {}): Answer {
    const isText = typeof body === "string";
    const bytes = isText ? encodeText(body) : new Uint8Array(body);
    const type = isText ? "text/plain; charset=utf-8" : "application/octet-stream";
    return this.#respond(status, bytes, { "content-type": type, ...lowerCase(headers) });
  }

  /** Answers with JSON. @throws {SolentError} as `sendResponse` does; TypeError for what is no JSON. */
  sendJson(status: number, value: unknown, headers: AnswerHeaders = {}): Answer {
    const bytes = encodeText(JSON.stringify(value));
    return this.#respond(status, bytes, { "content-type": "application/json", ...lowerCase(headers) });
  }

  /**
   * Begins an event stream; a comment keeps it alive at each beat of the heartbeat. `sendEvent` does it when nothing was begun.
   *
   * @throws {SolentError} as `sendHeaders` does.
   */
  startEvents(headers: AnswerHeaders = {}): void {
    const own = streamHeaders("text/event-stream; charset=utf-8");
    this["~runner"].link.accept({ headers: { ...own, ...lowerCase(headers) }, heartbeat: eventStreamComment });
    this.#isEventStream = true;
  }

  /**
   * Sends an event of a `text/event-stream`. Never waits; nothing happens once the client has left.
   *
   * Members of a group that send the same event share its bytes.
   *
   * @throws {SolentError} EVENT_INVALID for what the format cannot carry, CONSUMER_STATE when another answer has begun.
   */
  sendEvent(event: ServerSentEvent): void {
    const text = serverSentEvent(event);
    const { link } = this["~runner"];
    if (link.state === "connecting") this.startEvents();
    if (!this.#isEventStream && link.state === "open")
      throw new SolentError("CONSUMER_STATE", { call: "sendEvent()", state: "another answer than an event stream" });
    link.send(textFrame(text), undefined);
  }

  /**
   * Keeps the request for handlers to answer, or the stream open for them to go on.
   *
   * @param options `timeoutMs`: how long. A request that nothing was said to is then answered with 204, a stream is ended.
   *   @default 30_000 for a request that nothing was said to, no end for a stream
   * @throws {SolentError} CONFIG_INVALID for a `timeoutMs` that is no whole number from 1 to 2_147_483_647.
   */
  keepOpen({ timeoutMs }: { readonly timeoutMs?: number } = {}): Answer {
    const { link } = this["~runner"];
    if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= longestTimerMs))
      throw new SolentError("CONFIG_INVALID", {
        ...{ option: "timeoutMs", value: timeoutMs },
        rule: `it is a whole number from 1 to ${longestTimerMs}`,
      });
    this.#isKept = true;
    clearTimeout(this.#keptTimer);
    if (timeoutMs !== undefined && link.state !== "closed")
      this.#keptTimer = setTimeout(() => this.#expire(), timeoutMs);
    // What has begun to be said by then goes on.
    else if (link.state === "connecting")
      this.#keptTimer = setTimeout(() => link.state === "connecting" && this.#expire(), keptMs);
    return answer;
  }

  /** Resolves when the client has taken enough of what was sent that sending on costs no memory. */
  drained(): Promise<void> {
    return this.connection.drained();
  }

  /** @internal */
  "~connect"(): void {}

  /** @internal */
  override async "~main"(): Promise<void> {
    const { link } = this["~runner"];
    const request = link.request as IncomingRequest;
    const { maxBodyBytes: maxBytes } = this.constructor as typeof HttpConsumer;
    try {
      await this.handle(new RequestBody({ source: request.body, maxBytes, signal: () => this.signal }));
    } catch (error) {
      if (!SolentError.is(error, "BODY_INVALID") || link.state !== "connecting") throw error;
      this.sendResponse(Number(error.details["status"]), `${error.message}\n`);
    }
    if (this.#isKept) request.isKept = true;
    else if (link.state !== "closed") this.#unanswered();
  }

  /** @internal */
  "~arrival"(): undefined {
    return undefined;
  }

  /** @internal */
  "~frame"(): void {}

  /** @internal */
  "~disconnect"(end: End): unknown {
    clearTimeout(this.#keptTimer);
    return this.disconnect(end);
  }

  #respond(status: number, bytes: Uint8Array, headers: AnswerHeaders): Answer {
    const { link } = this["~runner"];
    if (statusWithoutBody.has(status)) {
      const { "content-type": _type, ...rest } = headers;
      link.accept({ status, headers: rest });
    } else {
      link.accept({ status, headers: { ...headers, "content-length": `${bytes.length}` } });
      if (bytes.length > 0) link.send(new Frame(bytes), undefined);
    }
    link.close(closeCodes.normal.code, closeCodes.normal.reason, "server");
    return answer;
  }

  #expire(): void {
    const { link } = this["~runner"];
    if (link.state === "connecting") this.sendResponse(204);
    else link.close(closeCodes.normal.code, closeCodes.normal.reason, "server");
  }

  #unanswered(): void {
    const { link, info, environment } = this["~runner"];
    const remedy = "Return what this.sendResponse(), the last this.sendBody() or this.keepOpen() returns";
    const error = new SolentError("REQUEST_UNANSWERED", { consumer: info.name, remedy });
    environment.logger.error({ consumer: info.name, path: this.scope.path }, error.message);
    link.close(closeCodes.handlerFailed.code, closeCodes.handlerFailed.reason, "error");
  }
}

function lowerCase(headers: AnswerHeaders): AnswerHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
