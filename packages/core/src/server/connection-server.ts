import type { Application } from "../connection/application.ts";
import { Connection } from "../connection/connection.ts";
import type { Environment } from "../connection/environment.ts";
import type { IncomingRequest } from "../connection/request.ts";
import type { Scope } from "../connection/scope.ts";
import type { Denial, Transport } from "../connection/transport.ts";
import type { RunningHandler } from "../connection/watch.ts";
import { closeCodes, type CloseRow } from "../errors/close-codes.ts";
import { decide } from "./decide.ts";
import { Heartbeat } from "./heartbeat.ts";
import { sharedApplication, sharedPath } from "./sharing/shared-connection.ts";

/** A transport of a peer that asks for a connection. */
export interface AskingTransport extends Transport {
  /** Tells it whose frames it carries. */
  bind(connection: Connection): void;
  /** The peer's errors are nobody's business before it is decided. */
  catchErrors(): void;
  /** Notices a peer that leaves before it is decided; needed only where deciding takes more than a turn. */
  watchHandshake(): void;
}

interface Handshake {
  readonly connection: Connection;
  readonly sinceMs: number;
}

interface Waiting extends Handshake {
  readonly transport: AskingTransport;
}

const unavailable: Denial = { status: 503, body: "", headers: { "retry-after": "5" } };

let connectionCount = 0;
// Tells the connections of several processes apart in logs; no secret.
const processId = crypto.randomUUID().slice(0, 8);

/** Keeps the connections of a server, whatever carries them, from their first request to their end. */
export class ConnectionServer {
  readonly environment: Environment;
  readonly #app: Application;
  readonly #shared: Application;
  readonly #connections = new Set<Connection>();
  readonly #handshakes = new Set<Handshake>();
  #undecided: Waiting[] = [];
  readonly #heartbeat: Heartbeat;
  #isClosing = false;

  constructor(app: Application, environment: Environment) {
    this.#app = app;
    this.#shared = sharedApplication(app);
    this.environment = environment;
    this.#heartbeat = new Heartbeat(this.#connections, environment.limits, (nowMs) => this.#expireHandshakes(nowMs));
  }

  /** Connections that are open or being decided about. */
  get size(): number {
    return this.#connections.size;
  }

  /** The handlers that run at this moment, oldest first. */
  running(): RunningHandler[] {
    return this.environment.watch.list();
  }

  /** How one more peer is refused; `undefined` when there is room for it. */
  refusal(): Denial | undefined {
    const { limits, observer } = this.environment;
    const isFull = this.#connections.size >= limits.maxConnections;
    if (isFull && observer.overflow.hasSubscribers) {
      observer.overflow.publish({ what: "connections", action: "refuse" });
    }
    return this.#isClosing || isFull ? unavailable : undefined;
  }

  /** Lets the application decide about a peer: about a connection, or about the answer to a request. */
  open(scope: Scope, transport: AskingTransport, request?: IncomingRequest): Connection {
    const facts = {
      id: `${processId}-${(++connectionCount).toString(36)}`,
      path: scope.path,
      remoteAddress: scope.client?.address,
      ...(request === undefined ? {} : { request }),
    };
    const connection = new Connection(facts, transport, { environment: this.environment, forget: this.#forget });
    transport.bind(connection);
    this.#connections.add(connection);
    const isShared = scope.path === scope.rootPath + sharedPath;
    decide(isShared ? this.#shared : this.#app, scope, connection);
    if (connection.state === "connecting") {
      transport.catchErrors();
      const undecided = { connection, transport, sinceMs: performance.now() };
      if (this.#undecided.push(undecided) === 1) setImmediate(this.#watchUndecided);
    }
    return connection;
  }

  /**
   * Closes every connection with 1001 (1012 when spread over `drainMs`) and waits for their consumers.
   *
   * Requests that are being answered have `disconnectGraceMs` for it.
   */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true;
    const { goingAway, serviceRestart } = closeCodes;
    const row = drainMs > 0 ? serviceRestart : goingAway;
    const connections = [...this.#connections].filter(({ request }) => request === undefined || request.isKept);
    const stepMs = drainMs / Math.max(1, connections.length);
    const startedAtMs = performance.now();
    for (const [index, connection] of connections.entries()) {
      const waitMs = startedAtMs + index * stepMs - performance.now();
      if (drainMs > 0 && waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      connection.close(row.code, row.reason, "shutdown");
    }
    const cut = setTimeout(() => this.#closeAll(goingAway), this.environment.limits.disconnectGraceMs);
    await this.#settled();
    clearTimeout(cut);
    this.#heartbeat.stop();
  }

  #closeAll({ code, reason }: CloseRow): void {
    for (const connection of this.#connections) connection.close(code, reason, "shutdown");
  }

  // Consumers bound themselves by `disconnectGraceMs`, once for a handler and once for `disconnect`. A middleware that
  // hangs has nobody to bound it.
  async #settled(): Promise<void> {
    const { limits, logger, watch } = this.environment;
    const patienceMs = 2 * limits.disconnectGraceMs + 1_000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isPatient = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs);
      void watch.whenIdle().then(() => resolve(true));
    });
    if (!(await isPatient)) logger.error({ running: watch.list() }, "the server closes without waiting for what hangs");
    clearTimeout(timer);
  }

  // Most `connect` hooks decide within the turn, even asynchronous ones: nothing is watched or remembered for those.
  readonly #watchUndecided = (): void => {
    const undecided = this.#undecided;
    this.#undecided = [];
    for (const { connection, transport, sinceMs } of undecided) {
      if (connection.state !== "connecting") continue;
      transport.watchHandshake();
      this.#handshakes.add({ connection, sinceMs });
    }
  };

  readonly #forget = (connection: Connection): void => {
    this.#connections.delete(connection);
  };

  #expireHandshakes(nowMs: number): void {
    const { limits, logger } = this.environment;
    for (const handshake of this.#handshakes) {
      const { connection, sinceMs } = handshake;
      // A request may be answered as late as its consumer likes.
      const isDecided = connection.state !== "connecting" || (connection.request !== undefined && connection.isTaken);
      if (!isDecided && nowMs - sinceMs <= limits.handshakeTimeoutMs) continue;
      this.#handshakes.delete(handshake);
      if (isDecided) continue;
      logger.warn({ id: connection.id, path: connection.path }, "a handshake was not decided in time");
      connection.expire();
    }
  }
}
