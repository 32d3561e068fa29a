import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Scope } from "../../connection/scope.ts";
import { OutboxTurn } from "../../outbox/turn.ts";
import type { ConnectionServer } from "../connection-server.ts";
import { scopeOf } from "../handshake.ts";
import { pacedTurn } from "../paced-turn.ts";
import type { Denials } from "../refusal.ts";
import { discard, readBody } from "../request-body.ts";
import type { DownFormat } from "./down-format.ts";
import { eventStream } from "./event-stream.ts";
import { frameStream } from "./frame-stream.ts";
import { type Asker, HttpPeer } from "./http-peer.ts";
import { HttpRelay, type RelayedAnswer, type RelayedRequest } from "./http-relay.ts";
import { PollTransport } from "./poll-transport.ts";
import { readRequest, type UpRequest } from "./requests.ts";
import { StreamTransport } from "./stream-transport.ts";

/** What connections over HTTP are made of. */
export interface HttpConnectionsParts {
  readonly connections: ConnectionServer;
  readonly scope: Pick<Scope, "state" | "rootPath">;
  readonly denials: Denials;
  readonly accepts: (request: IncomingMessage) => boolean;
  /** Which of them are allowed; others are not there. */
  readonly kinds: readonly string[];
}

/** The parameter of the query that makes a request one of ours; applications do not see it. */
const parameter = "~solent";
const mark = new RegExp(`[?&]${parameter}=([a-z]*)(?:&|$)`);

/** The ways down, and what each is written in. */
const formats = { sse: eventStream, stream: frameStream, poll: eventStream } as const;

type Kind = keyof typeof formats;

const protocolsHeader = "solent-protocols";

const bodyTimeoutMs = 10_000;

/** Takes the requests of connections over HTTP: streams, long polls, and the way up of both. */
export class HttpConnections {
  readonly #parts: HttpConnectionsParts;
  readonly #turns = new Map<DownFormat, OutboxTurn>(
    Object.values(formats).map((format) => [format, new OutboxTurn(format.encoder, pacedTurn())]),
  );
  readonly #peers = new Map<string, HttpPeer>();
  readonly #relay: HttpRelay | undefined;

  constructor(parts: HttpConnectionsParts) {
    this.#parts = parts;
    const layer = parts.connections.environment.layers.get("default");
    this.#relay = layer && new HttpRelay(layer, (request) => this.#performCarried(request));
  }

  /** Takes its requests before the listeners that an HTTP server has already. @returns a function that gives them back. */
  listen(server: Server): () => Promise<void> {
    const others = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      const op = mark.exec(request.url ?? "")?.[1];
      if (op === undefined || !this.#parts.accepts(request))
        for (const other of others) other.call(server, request, response);
      else void this.#handle(op, request, response);
    };
    server.removeAllListeners("request").on("request", onRequest);
    return async () => {
      server.off("request", onRequest);
      for (const other of others) server.on("request", other);
      await this.#relay?.close();
    };
  }

  /** Holds no more requests for other nodes: this one is about to close. */
  leave(): void {
    this.#relay?.leave();
  }

  async #handle(op: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", ignore);
    const isKind = Object.hasOwn(formats, op);
    const isKnown = op === "send" || isKind;
    if (isKnown && request.method === "OPTIONS")
      answer(request, response, { status: 204, headers: preflight(request) });
    else if (!isKnown || (isKind && !this.#parts.kinds.includes(op))) answer(request, response, { status: 404 });
    else if (request.method === "GET" && isKind) this.#open(op as Kind, request, response);
    else if (request.method === "POST" && (op === "send" || op === "poll")) await this.#carry(op, request, response);
    else answer(request, response, { status: 405, headers: { allow: allowedFor(op) } });
  }

  #open(kind: Kind, request: IncomingMessage, response: ServerResponse): void {
    const { connections, scope: shared, denials } = this.#parts;
    const asker = askerOf(request);
    const refusal = connections.refusal();
    if (refusal !== undefined) return answer(request, response, refusal);
    // A foreign page that hides its origin, as an <img> does, must not open anything in a user's name.
    if (
      asker.origin === undefined &&
      asker.site !== undefined &&
      asker.site !== "same-origin" &&
      asker.site !== "none"
    ) {
      return answer(request, response, { status: 403 });
    }
    request.url = withoutMark(request.url ?? "/");
    const scope = scopeOf(request, { type: "websocket", ...shared });
    if (scope === undefined) return answer(request, response, { status: 400 });
    const { limits } = connections.environment;
    const secret = randomBytes(18).toString("base64url");
    const id = this.#relay === undefined ? secret : `${secret}.${this.#relay.address}`;
    const format = formats[kind];
    const parts = {
      ...{ id, kind, format, denials, headers: corsHeaders(asker) },
      turn: this.#turns.get(format) as OutboxTurn,
      closeTimeoutMs: limits.closeTimeoutMs,
      heartbeatTimeoutMs: limits.heartbeatTimeoutMs,
      onGone: () => void this.#peers.delete(id),
    };
    const transport = kind === "poll" ? new PollTransport(response, parts) : new StreamTransport(response, parts);
    this.#peers.set(id, new HttpPeer(transport, asker, limits.maxFrameBytes));
    connections.open({ ...scope, subprotocols: offeredBy(request) }, transport);
  }

  async #carry(op: "send" | "poll", request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { maxFrameBytes } = this.#parts.connections.environment.limits;
    // Every quote of a frame is escaped in the body.
    const read = await readBody(request, { maxBodyBytes: 2 * maxFrameBytes + 65_536, bodyTimeoutMs });
    if (read === "gone") return;
    if (typeof read === "string") {
      answer(request, response, { status: read === "large" ? 413 : 408 });
      return;
    }
    const body = read.toString("utf8");
    const asker = askerOf(request);
    const asked = readRequest(op, body);
    if (asked === undefined) {
      answer(request, response, { status: 400 });
      return;
    }
    const address = addressOf(asked.id);
    const isOurs = address === "" || address === this.#relay?.address || this.#relay === undefined;
    const { status, body: text } = await (isOurs
      ? this.#perform(asked, asker, response)
      : this.#relay.ask(address, { op, body, asker }));
    if (!response.destroyed) answer(request, response, { status, headers: corsHeaders(asker), body: text });
  }

  // Another node has carried it here.
  async #performCarried({ op, body, asker }: RelayedRequest): Promise<RelayedAnswer> {
    const asked = readRequest(op, body);
    return asked === undefined ? withoutBody(400) : this.#perform(asked, asker);
  }

  /** @param response whose end ends a poll; where another node has it, the next poll does. */
  async #perform(asked: UpRequest, asker: Asker, response?: ServerResponse): Promise<RelayedAnswer> {
    const peer = this.#peers.get(asked.id);
    if (peer === undefined) return withoutBody(410);
    if (!peer.isOwn(asker)) return withoutBody(403);
    if (asked.op === "send") return withoutBody(await peer.send(asked.send));
    return new Promise((resolve) => {
      const forget = peer.transport.poll(asked.poll, (reply) =>
        resolve(reply.status === 200 ? { status: 200, body: reply.body.toString("utf8") } : withoutBody(reply.status)),
      );
      response?.once("close", forget);
    });
  }
}

function withoutBody(status: number): RelayedAnswer {
  return { status, body: "" };
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function answer(request: IncomingMessage, response: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  response.writeHead(status, {
    ...(status === 200 ? formats.poll.headers : status === 204 ? {} : { "content-type": "text/plain; charset=utf-8" }),
    ...headers,
    ...(status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) }),
  });
  response.end(body);
  discard(request, bodyTimeoutMs);
}

function allowedFor(op: string): string {
  if (op === "send") return "POST";
  return op === "poll" ? "GET, POST" : "GET";
}

function askerOf({ headers }: IncomingMessage): Asker {
  const site = headers["sec-fetch-site"];
  return { origin: headers.origin, site: typeof site === "string" ? site : undefined };
}

// A page may read what it is answered, a refusal too: what it may do was decided by its origin.
function corsHeaders({ origin }: Asker): Readonly<Record<string, string>> {
  if (origin === undefined) return {};
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "origin" };
}

// A page of another origin asks first when it offers a token. Whether it may connect is decided when it does.
function preflight(request: IncomingMessage): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(askerOf(request)),
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": protocolsHeader,
    "access-control-max-age": "600",
  };
}

// What a WebSocket offers as subprotocols, a token above all; a page may not set that header itself.
function offeredBy({ headers }: IncomingMessage): readonly string[] {
  const offered = headers[protocolsHeader];
  return typeof offered === "string" ? offered.split(",").map((name) => name.trim()) : [];
}

function addressOf(id: string): string {
  const dot = id.indexOf(".");
  return dot < 0 ? "" : id.slice(dot + 1);
}

function withoutMark(url: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const rest = query.split("&").filter((part) => !part.startsWith(`${parameter}=`));
  return rest.length === 0 ? path : `${path}?${rest.join("&")}`;
}

function ignore(): void {}
