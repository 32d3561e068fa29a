import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Application } from "../connection/application.ts";
import { Connection } from "../connection/connection.ts";
import type { Environment } from "../connection/environment.ts";
import type { Scope } from "../connection/scope.ts";
import type { RunningHandler } from "../connection/watch.ts";
import { OutboxTurn } from "../outbox/turn.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { handshakeProblem, scopeOf } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { pacedTurn } from "./paced-turn.ts";
import { type Denials, refuse } from "./refusal.ts";
import { webSocketEncoder } from "./websocket-frame.ts";
import { acceptOptionsOf, OwnedSocket, type Upgrade, WebSocketTransport } from "./websocket-transport.ts";

/** How messages are compressed (RFC 7692). Each option is handed to `ws` as it is. */
export interface DeflateOptions {
  /** Messages below this size are not compressed. @default 1_024 */
  readonly threshold?: number;
  /** Whether the server starts each message with an empty window, which saves memory. @default false */
  readonly serverNoContextTakeover?: boolean;
  /** The same for the client. @default false */
  readonly clientNoContextTakeover?: boolean;
  /** Most messages that are compressed at a time. @default 10 */
  readonly concurrencyLimit?: number;
}

/** What a socket server is made of. */
export interface SocketServerParts {
  readonly app: Application;
  readonly environment: Environment;
  /** What is the same in the scope of every connection: what `startup` returned, and where the application is mounted. */
  readonly scope: Pick<Scope, "state" | "rootPath">;
  /** Compression of messages (RFC 7692). */
  readonly perMessageDeflate: boolean | DeflateOptions;
  /** How a client learns that its connection was denied. */
  readonly denials: Denials;
  /** Which upgrade requests are taken; others are left to other listeners of the HTTP server. */
  readonly accepts: (request: IncomingMessage) => boolean;
}

/**
 * A frame may arrive in so many pieces, or in more if it is large: `ws` joins them in a time that grows with their square.
 * A frame of 256 KiB that came byte by byte held the process for seven seconds.
 */
const leastPieces = 4_096;
/** No network's segments are as small as this. */
const leastMeanPieceBytes = 256;

interface Handshake {
  readonly connection: Connection;
  readonly sinceMs: number;
}

let connectionCount = 0;
// Tells the connections of several processes apart in logs; no secret.
const processId = crypto.randomUUID().slice(0, 8);

/** Takes upgrade requests of an HTTP server, and keeps the connections that come of them. */
export class SocketServer {
  readonly #parts: SocketServerParts;
  readonly #webSockets: WebSocketServer;
  readonly #turn: OutboxTurn = new OutboxTurn(webSocketEncoder, pacedTurn());
  readonly #connections = new Set<Connection>();
  readonly #handshakes = new Set<Handshake>();
  #undecided: WebSocketTransport[] = [];
  readonly #heartbeat: Heartbeat;
  #isClosing = false;

  constructor(parts: SocketServerParts) {
    this.#parts = parts;
    const { limits } = parts.environment;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.maxFrameBytes,
      maxFragments: limits.maxFragments,
      maxBufferedChunks: Math.max(leastPieces, limits.maxFrameBytes / leastMeanPieceBytes),
      WebSocket: OwnedSocket,
      closeTimeout: limits.closeTimeoutMs,
      perMessageDeflate: parts.perMessageDeflate,
      handleProtocols: (_offered: Set<string>, request: IncomingMessage) =>
        acceptOptionsOf.get(request)?.subprotocol ?? false,
    } as ConstructorParameters<typeof WebSocketServer>[0]);
    this.#webSockets.on("headers", (lines: string[], request: IncomingMessage) => {
      for (const [name, value] of Object.entries(acceptOptionsOf.get(request)?.headers ?? {}))
        lines.push(headerLine(name, value));
    });
    this.#heartbeat = new Heartbeat(this.#connections, limits, (nowMs) => this.#expireHandshakes(nowMs));
  }

  /** Connections that are open or being decided about. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The handlers that run at this moment, oldest first. */
  running(): RunningHandler[] {
    return this.#parts.environment.watch.list();
  }

  /** Listens for upgrade requests. @returns a function that stops listening. */
  listen(server: Server): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (this.#parts.accepts(request)) this.#upgrade({ request, socket, head });
      // With nobody else to take it the socket would hang for ever.
      else if (server.listenerCount("upgrade") === 1) refuse(socket, { status: 404, body: "", headers: {} });
    };
    server.on("upgrade", onUpgrade);
    return () => void server.off("upgrade", onUpgrade);
  }

  /** Closes every connection with 1001 (1012 when spread over `drainMs`) and waits for their consumers. */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true;
    const { goingAway, serviceRestart } = closeCodes;
    const row = drainMs > 0 ? serviceRestart : goingAway;
    const connections = [...this.#connections];
    const stepMs = drainMs / Math.max(1, connections.length);
    const startedAtMs = performance.now();
    for (const [index, connection] of connections.entries()) {
      const waitMs = startedAtMs + index * stepMs - performance.now();
      if (drainMs > 0 && waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      connection.close(row.code, row.reason, "shutdown");
    }
    await this.#settled();
    this.#heartbeat.stop();
    this.#webSockets.close();
  }

  // Consumers bound themselves by `disconnectGraceMs`, once for a handler and once for `disconnect`. A middleware that
  // hangs has nobody to bound it.
  async #settled(): Promise<void> {
    const { limits, logger, watch } = this.#parts.environment;
    const patienceMs = 2 * limits.disconnectGraceMs + 1_000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isPatient = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs);
      void watch.whenIdle().then(() => resolve(true));
    });
    if (!(await isPatient)) logger.error({ running: watch.list() }, "the server closes without waiting for what hangs");
    clearTimeout(timer);
  }

  #upgrade(upgrade: Upgrade): void {
    const { environment, scope: shared } = this.#parts;
    const { request, socket } = upgrade;
    const isFull = this.#connections.size >= environment.limits.maxConnections;
    if (this.#isClosing || isFull) {
      if (isFull && environment.observer.overflow.hasSubscribers) {
        environment.observer.overflow.publish({ what: "connections", action: "refuse" });
      }
      refuse(socket, { status: 503, body: "", headers: { "retry-after": "5" } });
      return;
    }
    const problem = handshakeProblem(request);
    const scope = problem === undefined ? scopeOf(request, { type: "websocket", ...shared }) : undefined;
    if (scope === undefined) {
      refuse(socket, problem ?? { status: 400, body: "The path is not valid.\n", headers: {} });
      return;
    }
    this.#open(upgrade, scope);
  }

  #open(upgrade: Upgrade, scope: Scope): void {
    const { app, environment, denials } = this.#parts;
    const transport = new WebSocketTransport(upgrade, { server: this.#webSockets, turn: this.#turn, denials });
    const facts = {
      id: `${processId}-${(++connectionCount).toString(36)}`,
      path: scope.path,
      remoteAddress: scope.client?.address,
    };
    const connection = new Connection(facts, transport, { environment, forget: this.#forget });
    transport.bind(connection);
    this.#connections.add(connection);
    let work: void | Promise<void>;
    try {
      work = app.handle(scope, connection);
    } catch (error) {
      this.#refuseFailed(connection, error);
      return;
    }
    if (connection.state === "connecting") {
      transport.catchErrors();
      if (this.#undecided.push(transport) === 1) setImmediate(this.#watchUndecided);
    }
    if (work === undefined) this.#requireTaken(connection);
    else {
      void environment.watch.track(work).then(
        () => this.#requireTaken(connection),
        (error: unknown) => this.#refuseFailed(connection, error),
      );
    }
  }

  // Most `connect` hooks decide within the turn, even asynchronous ones: nothing is watched or remembered for those.
  readonly #watchUndecided = (): void => {
    const undecided = this.#undecided;
    this.#undecided = [];
    const sinceMs = performance.now();
    for (const transport of undecided) {
      const { connection } = transport;
      if (connection.state !== "connecting") continue;
      transport.watchHandshake();
      this.#handshakes.add({ connection, sinceMs });
    }
  };

  readonly #forget = (connection: Connection): void => {
    this.#connections.delete(connection);
  };

  #requireTaken(connection: Connection): void {
    if (connection.state !== "connecting" || connection.isTaken) return;
    this.#refuseFailed(
      connection,
      new SolentError("SERVER_STATE", {
        rule: "got no decision: a middleware neither denied the connection nor passed it on",
      }),
    );
  }

  #refuseFailed(connection: Connection, error: unknown): void {
    const { logger } = this.#parts.environment;
    const fields = { id: connection.id, path: connection.path };
    if (SolentError.is(error, "ROUTE_NOT_FOUND") || SolentError.is(error, "ROUTE_PROTOCOL")) {
      logger.warn(fields, error.message);
      if (connection.state === "connecting") connection.deny(404);
      return;
    }
    logger.error({ ...fields, err: error }, "a connection failed before its consumer was made");
    if (connection.state === "connecting") connection.deny(500);
  }

  #expireHandshakes(nowMs: number): void {
    const { handshakeTimeoutMs } = this.#parts.environment.limits;
    for (const handshake of this.#handshakes) {
      const { connection, sinceMs } = handshake;
      if (connection.state === "connecting" && nowMs - sinceMs <= handshakeTimeoutMs) continue;
      this.#handshakes.delete(handshake);
      if (connection.state !== "connecting") continue;
      this.#parts.environment.logger.warn(
        { id: connection.id, path: connection.path },
        "a handshake was not decided in time",
      );
      connection.expire();
    }
  }
}

function headerLine(name: string, value: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || /[\r\n\0]/.test(value)) {
    throw new SolentError("CONFIG_INVALID", {
      option: "headers",
      value: name,
      rule: "names are tokens, and values hold no line breaks",
    });
  }
  return `${name}: ${value}`;
}
