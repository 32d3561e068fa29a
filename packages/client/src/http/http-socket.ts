import type { WebSocketLike } from "../socket/web-socket.ts";
import { EventStreamReader, type StreamEvent } from "./event-stream.ts";
import { FrameReader } from "./frame-stream.ts";
import { Outgoing, type Sent } from "./outgoing.ts";
import { takePlace } from "./places.ts";

/** How it goes down: an answer that never ends, of events or of frames, or one request after the other. */
export type HttpMode = "sse" | "stream" | "poll";

/** The close codes that say what an HTTP status says. */
const codes: Readonly<Record<number, number>> = {
  401: 4401,
  403: 4403,
  404: 4404,
  429: 4429,
  500: 4500,
  503: 1013,
};

const pollAttempts = 4;
/** Between two polls that find no place to wait in. */
const pauseMs = 1_000;
const retryMs = 500;

/**
 * A connection over HTTP that looks like a `WebSocket`: a stream or long polls down, POST up.
 *
 * Requests carry the page's cookies, to its own server and, where that allows the page, to another.
 */
export class HttpSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readyState = 0;
  readonly #url: URL;
  readonly #mode: HttpMode;
  readonly #ending = new AbortController();
  readonly #outgoing: Outgoing;
  #id = "";
  #number = 0;

  constructor(url: string, protocols: readonly string[], mode: HttpMode) {
    this.#url = new URL(url);
    this.#url.protocol = this.#url.protocol.replace(/^ws/, "http");
    this.#mode = mode;
    this.#outgoing = new Outgoing(
      (body) => this.#send(body),
      () => this.#end(1006, ""),
    );
    (globalThis as Partial<EventTarget>).addEventListener?.("pagehide", () => this.close(1001, ""), {
      signal: this.#ending.signal,
    });
    void this.#run(protocols);
  }

  get bufferedAmount(): number {
    return this.#outgoing.bufferedAmount;
  }

  send(text: string): void {
    if (this.readyState === 1) this.#outgoing.push(text);
  }

  close(code = 1000, reason = ""): void {
    if (this.readyState >= 2) return;
    // A page that is left may still tell it.
    if (this.readyState === 1) void this.#post("send", { n: 0, close: { code, reason } }, { keepalive: true });
    this.readyState = 2;
    queueMicrotask(() => this.#end(code, reason));
  }

  async #run(protocols: readonly string[]): Promise<void> {
    const tokens = protocols.filter((name) => name !== "solent.v1");
    const headers = tokens.length > 0 ? { "solent-protocols": tokens.join(",") } : {};
    const place = this.#mode === "poll" ? undefined : await takePlace(this.#url.host);
    if (this.#mode === "poll" || place !== undefined) await this.#runWith(headers);
    place?.();
    this.#end(1006, "");
  }

  async #runWith(headers: Record<string, string>): Promise<void> {
    let response = await this.#fetch(this.#mode, { headers });
    if (response !== undefined && !response.ok) return this.#end(codes[response.status] ?? 1006, "");
    while (response?.ok === true) {
      const isWhole = await this.#read(response);
      if (this.#mode !== "poll" || this.readyState >= 2) break;
      if (!isWhole && this.#number === 0) break;
      response = await this.#next();
    }
  }

  // Where too many tabs wait already, it asks now and then: what waits takes the way up from all of them.
  async #next(): Promise<Response | undefined> {
    const place = await takePlace(this.#url.host);
    if (place === undefined) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const response = await this.#poll(place !== undefined);
    place?.();
    return response;
  }

  // An answer that was lost on the way is asked for again.
  async #poll(hold: boolean): Promise<Response | undefined> {
    for (let attempt = 0; attempt < pollAttempts && this.readyState < 2; attempt += 1) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** attempt));
      const response = await this.#post("poll", { after: this.#number, hold });
      if (response !== undefined && response.status < 500) return response;
    }
    return undefined;
  }

  // Whether the answer came to its end.
  async #read(response: Response): Promise<boolean> {
    try {
      // A batch counts when all of it is there: what was cut off comes again.
      if (this.#mode === "poll") this.#takeAll(new EventStreamReader().read(await response.text()));
      else await this.#readStream(response, this.#mode === "stream" ? frames() : events());
      return true;
    } catch {
      return false;
    }
  }

  async #readStream({ body }: Response, read: (piece: Uint8Array) => StreamEvent[]): Promise<void> {
    const reader = body?.getReader();
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      this.#takeAll(read(piece.value));
    }
  }

  #takeAll(events: readonly StreamEvent[]): void {
    for (const event of events) this.#take(event);
  }

  #take({ name, data }: StreamEvent): void {
    if (this.readyState >= 2) return;
    if (name === "") return this.#tell("onmessage", { data });
    const value: unknown = name === "binary" || data === "" ? undefined : JSON.parse(data);
    if (name === "open") {
      this.#id = (value as { id: string }).id;
      this.readyState = 1;
      this.#tell("onopen", {});
    } else if (name === "text") this.#tell("onmessage", { data: value });
    else if (name === "batch") this.#number = value as number;
    else if (name === "ping") void this.#post("send", { n: 0, pong: true });
    else if (name === "close") {
      const { code, reason } = value as { code: number; reason: string };
      this.#end(code, reason);
    }
  }

  async #send(body: { readonly n: number; readonly frames: readonly string[] }): Promise<Sent> {
    const response = await this.#post("send", body);
    // 502 is a proxy's word for a node that died with the request: its connection may be on another.
    if (response === undefined || response.status === 429 || response.status >= 500) return "later";
    return response.ok ? "taken" : "ended";
  }

  #post(op: "send" | "poll", body: object, init: RequestInit = {}): Promise<Response | undefined> {
    // As text: JSON would make a browser ask first.
    return this.#fetch(op, { method: "POST", body: JSON.stringify({ id: this.#id, ...body }), ...init });
  }

  async #fetch(op: string, init: RequestInit): Promise<Response | undefined> {
    const url = `${this.#url.href}${this.#url.search === "" ? "?" : "&"}~solent=${op}`;
    const signal = init.keepalive === true ? {} : { signal: this.#ending.signal };
    try {
      return await fetch(url, { credentials: "include", cache: "no-store", ...signal, ...init });
    } catch {
      return undefined;
    }
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#outgoing.close();
    this.#ending.abort();
    this.#tell("onclose", { code, reason });
  }

  #tell(handler: "onopen" | "onmessage" | "onclose", event: object): void {
    this[handler]?.(event as never);
  }
}

function events(): (piece: Uint8Array) => StreamEvent[] {
  const decoder = new TextDecoder();
  const reader = new EventStreamReader();
  return (piece) => reader.read(decoder.decode(piece, { stream: true }));
}

function frames(): (piece: Uint8Array) => StreamEvent[] {
  const reader = new FrameReader();
  return (piece) => reader.read(piece);
}
