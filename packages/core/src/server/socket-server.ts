import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Scope } from "../connection/scope.ts";
import { OutboxTurn } from "../outbox/turn.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { ConnectionServer } from "./connection-server.ts";
import { handshakeProblem, scopeOf } from "./handshake.ts";
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
  readonly connections: ConnectionServer;
  /** What is the same in the scope of every connection: what `startup` returned, and where the application is mounted. */
  readonly scope: Pick<Scope, "state" | "rootPath">;
  /** Compression of messages (RFC 7692). */
  readonly perMessageDeflate: boolean | DeflateOptions;
  /** How a client learns that its connection was denied. */
  readonly denials: Denials;
  /** Whether every upgrade request is refused. */
  readonly isOff: boolean;
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

/** Takes upgrade requests of an HTTP server, and makes WebSocket connections of them. */
export class SocketServer {
  readonly #parts: SocketServerParts;
  readonly #webSockets: WebSocketServer;
  readonly #turn: OutboxTurn = new OutboxTurn(webSocketEncoder, pacedTurn());

  constructor(parts: SocketServerParts) {
    this.#parts = parts;
    const { limits } = parts.connections.environment;
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
        for (const one of [value].flat()) lines.push(headerLine(name, one));
    });
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

  /** Takes no more upgrades; connections are closed by whoever keeps them. */
  close(): void {
    this.#webSockets.close();
  }

  #upgrade(upgrade: Upgrade): void {
    const { connections, scope: shared, denials } = this.#parts;
    const { request, socket } = upgrade;
    const off = this.#parts.isOff ? { status: 404, body: "", headers: {} } : undefined;
    const refusal = off ?? connections.refusal() ?? handshakeProblem(request);
    const scope = refusal === undefined ? scopeOf(request, { type: "websocket", ...shared }) : undefined;
    if (scope === undefined) {
      refuse(socket, refusal ?? { status: 400, body: "The path is not valid.\n", headers: {} });
      return;
    }
    connections.open(scope, new WebSocketTransport(upgrade, { server: this.#webSockets, turn: this.#turn, denials }));
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
