import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, type WebSocketServer } from "ws";
import type { Batch } from "../outbox/batch.ts";
import type { Connection } from "../connection/connection.ts";
import { closeCodes, closeRowOf } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { solentV1 } from "../connection/subprotocol.ts";
import type { AcceptOptions, Denial } from "../connection/transport.ts";
import type { OutboxTurn } from "../outbox/turn.ts";
import { maxJoinedBytes, writeBatch } from "./batch-writer.ts";
import type { AskingTransport } from "./connection-server.ts";
import { type Denials, refuse } from "./refusal.ts";

/** An upgrade request that waits for an application's decision. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** What all connections of a server share. */
export interface SharedParts {
  readonly server: WebSocketServer;
  readonly turn: OutboxTurn;
  readonly denials: Denials;
}

/** The answer headers that an accepted handshake adds; read by the server's `headers` event. */
export const acceptOptionsOf: WeakMap<IncomingMessage, AcceptOptions> = new WeakMap<IncomingMessage, AcceptOptions>();

const transportOf: unique symbol = Symbol("solent.transport");

/**
 * A socket of `ws` that belongs to a connection.
 *
 * `ws` calls `close` itself, to answer the peer's close frame or its mistake. Nothing may follow that answer (RFC 6455
 * section 5.5.1), so what the connection has said by then goes before it.
 */
export class OwnedSocket extends WebSocket {
  /** Set when it is open; a socket that is closed at once, to say that it is denied, has none. */
  declare connection: Connection | undefined;

  override close(code?: number, data?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.connection?.flush();
    super.close(code, data);
  }
}

interface OwnedStream extends Duplex {
  [transportOf]?: WebSocketTransport;
}

/**
 * WebSocket over `ws`: the handshake and everything incoming are `ws`'s, our own frames go to its socket directly.
 *
 * With a negotiated extension every frame goes through `ws.send` instead, since raw frames would overtake compressed ones.
 */
export class WebSocketTransport implements AskingTransport {
  readonly kind = "websocket";
  readonly turn: OutboxTurn;
  readonly #shared: SharedParts;
  #upgrade: Upgrade | undefined;
  #connection: Connection | undefined;
  #socket: Duplex;
  #webSocket: WebSocket | undefined;
  #isRaw = true;
  #isCatching = false;
  #isWatching = false;

  constructor(upgrade: Upgrade, shared: SharedParts) {
    this.#upgrade = upgrade;
    this.#socket = upgrade.socket;
    this.#shared = shared;
    this.turn = shared.turn;
  }

  bind(connection: Connection): void {
    this.#connection = connection;
    (this.#socket as OwnedStream)[transportOf] = this;
  }

  watchHandshake(): void {
    this.#isWatching = true;
    this.#socket.on("readable", lookForEnd);
    this.#socket.on("end", destroy);
  }

  catchErrors(): void {
    this.#isCatching = true;
    this.#socket.on("error", ignoreError);
    this.#socket.on("close", socketClosed);
  }

  #unwatch(): void {
    if (this.#isCatching) {
      this.#isCatching = false;
      this.#socket.removeListener("error", ignoreError);
      this.#socket.removeListener("close", socketClosed);
    }
    if (!this.#isWatching) return;
    this.#isWatching = false;
    this.#socket.removeListener("readable", lookForEnd);
    this.#socket.removeListener("end", destroy);
  }

  get connection(): Connection {
    return this.#connection as Connection;
  }

  get bufferedBytes(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  get isCongested(): boolean {
    return this.#socket.writableNeedDrain || (!this.#isRaw && this.bufferedBytes > maxJoinedBytes);
  }

  accept(options: AcceptOptions): boolean {
    const { request, socket, head } = this.#upgrade as Upgrade;
    requireOffered(request, options.subprotocol);
    this.#upgrade = undefined;
    this.#unwatch();
    this.#shake({ request, socket, head }, options, (webSocket) => this.#opened(webSocket));
    return this.#webSocket !== undefined;
  }

  deny(denial: Denial): void {
    const upgrade = this.#upgrade as Upgrade;
    this.#upgrade = undefined;
    this.#unwatch();
    const row = this.#shared.denials === "closeCode" ? closeRowOf(denial.status) : undefined;
    if (row === undefined || !offers(upgrade.request, solentV1)) {
      refuse(this.#socket, denial);
      return;
    }
    this.#shake(upgrade, { subprotocol: solentV1 }, (webSocket) => {
      webSocket.on("error", ignoreError);
      webSocket.close(row.code, row.reason);
    });
  }

  #shake({ request, socket, head }: Upgrade, options: AcceptOptions, opened: (webSocket: WebSocket) => void): void {
    acceptOptionsOf.set(request, options);
    this.#shared.server.handleUpgrade(request, socket, head, opened);
    acceptOptionsOf.delete(request);
  }

  write(batch: Batch): void {
    // Once `ws` has sent a close frame, or answered one, nothing may follow it.
    if (this.#webSocket?.readyState !== WebSocket.OPEN) return;
    if (this.#isRaw) writeBatch(this.#socket, batch, this.turn.encoder);
    else this.#writeThrough(batch);
    if (this.#isRaw && this.#socket.writableNeedDrain) this.#socket.once("drain", socketDrained);
  }

  close(code: number, reason: string): void {
    // A peer that does not read never answers: `ws` waits for its own `closeTimeout` and then destroys the socket.
    this.#webSocket?.close(code, reason);
  }

  terminate(): void {
    if (this.#webSocket === undefined) this.#socket.destroy();
    else this.#webSocket.terminate();
  }

  ping(): void {
    this.#webSocket?.ping();
  }

  pause(): void {
    this.#webSocket?.pause();
  }

  resume(): void {
    this.#webSocket?.resume();
  }

  #opened(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    this.#isRaw = webSocket.extensions === "";
    (webSocket as OwnedSocket).connection = this.connection;
    webSocket.on("message", messageArrived);
    webSocket.on("pong", pongArrived);
    webSocket.on("error", socketFailed);
    webSocket.on("close", webSocketClosed);
  }

  #writeThrough(batch: Batch): void {
    const webSocket = this.#webSocket as WebSocket;
    const frames = batch.frames();
    const last = frames.pop();
    this.#socket.cork();
    for (const { payload } of frames) webSocket.send(payload);
    // Compressing takes its time, so the socket's own `drain` says nothing about what waits for it.
    if (last !== undefined) webSocket.send(last.payload, () => this.connection.handleDrain());
    this.#socket.uncork();
  }
}

// One function for all sockets and none made per connection: 10,000 idle connections hold no closures.

function messageArrived(this: WebSocket, data: unknown, isBinary: boolean): void {
  const bytes = data as Buffer;
  // `ws` has checked that a text is UTF-8 (RFC 6455 section 8.1) before it comes here.
  (this as OwnedSocket).connection?.handleMessage(isBinary ? bytes : bytes.toString("utf8"));
}

function pongArrived(this: WebSocket): void {
  (this as OwnedSocket).connection?.handlePong();
}

// `ws` has answered the peer's mistake with a close frame already. The `close` event may follow seconds later, when the
// peer has answered in its turn: to the application the connection ends now.
function socketFailed(this: WebSocket, error: NodeJS.ErrnoException): void {
  (this as OwnedSocket).connection?.handleEnd({ code: codeOfMistake(error), reason: "", cause: "error" });
}

function codeOfMistake({ code = "" }: NodeJS.ErrnoException): number {
  if (code === "WS_ERR_INVALID_UTF8" || code.startsWith("Z_")) return closeCodes.invalidPayload.code;
  if (code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return closeCodes.policy.code;
  if (code.startsWith("WS_ERR_UNSUPPORTED_")) return closeCodes.tooBig.code;
  return closeCodes.protocolError.code;
}

function webSocketClosed(this: WebSocket, code: number, reason: Buffer): void {
  const isLoss = code === closeCodes.abnormal.code;
  (this as OwnedSocket).connection?.handleEnd({
    code,
    reason: reason.toString("utf8"),
    cause: isLoss ? "error" : "client",
  });
}

function socketDrained(this: Duplex): void {
  (this as OwnedStream)[transportOf]?.connection.handleDrain();
}

function socketClosed(this: Duplex): void {
  const transport = (this as OwnedStream)[transportOf];
  transport?.connection.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause: "client" });
}

function ignoreError(): void {}

// Nobody reads a socket before it is accepted, and an end that is not read is never told. Early frames stay in the
// socket's own bounded buffer.
function lookForEnd(this: Duplex): void {
  if (this.readableLength === 0) this.read();
}

function destroy(this: Duplex): void {
  this.destroy();
}

function offers({ headers }: IncomingMessage, subprotocol: string): boolean {
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  return offered.includes(subprotocol);
}

function requireOffered(request: IncomingMessage, subprotocol: string | undefined): void {
  if (subprotocol === undefined || offers(request, subprotocol)) return;
  throw new SolentError("CONFIG_INVALID", {
    option: "subprotocol",
    value: subprotocol,
    rule: "it is one the client offers, or none",
  });
}
