import type { Application } from "../connection/application.ts";
import { Connection } from "../connection/connection.ts";
import { createEnvironment, type Environment, type EnvironmentOptions } from "../connection/environment.ts";
import type { IncomingRequest } from "../connection/request.ts";
import type { Scope } from "../connection/scope.ts";
import type { Transport } from "../connection/transport.ts";
import type { AnyContract } from "../contract/contract.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import { InMemoryChannelLayer } from "../hub/in-memory-channel-layer.ts";
import { defaultAdmission } from "../middleware/allow-origins.ts";
import type { LifespanHooks } from "../routing/protocol-type-router.ts";
import { Communicator } from "./communicator.ts";
import { ContractCommunicator } from "./contract-communicator.ts";
import { answerHttp, type HttpApplication } from "./http-answer.ts";
import { MemoryRequest } from "./memory-request.ts";
import { MemoryTransport, memoryTurn, nextTurn } from "./memory-transport.ts";

/** What a test server runs: the same application that `serve` is given. */
export interface TestedApplication extends Application {
  readonly http?: HttpApplication | undefined;
  readonly protocols?: ReadonlyMap<string, Application<never>>;
  readonly lifespan?: LifespanHooks | undefined;
}

/** How a test client connects. */
export interface ConnectOptions {
  /** Request headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The subprotocols it offers. */
  readonly subprotocols?: readonly string[];
}

let lastId = 0;

/**
 * Runs an application in memory: the same routers, middleware, consumers, outbox and limits, without a port.
 *
 * Without a layer it has an in-memory one of its own.
 */
export function testServer(app: TestedApplication, options: EnvironmentOptions = {}): TestServer {
  return new TestServer(app, options);
}

/** An application under test. `await using server = testServer(app)` ends it with the test. */
export class TestServer implements AsyncDisposable {
  readonly #app: TestedApplication;
  readonly #environment: Environment;
  readonly #turn = memoryTurn();
  readonly #connections = new Set<Connection>();
  #state: Promise<Scope["state"]> | undefined;

  /** @internal */
  constructor(app: TestedApplication, options: EnvironmentOptions) {
    this.#app = app;
    const hasLayer = options.layer !== undefined || options.layers?.["default"] !== undefined;
    const layered = hasLayer ? options : { ...options, layer: new InMemoryChannelLayer() };
    this.#environment = createEnvironment(layered, { admits: defaultAdmission("same-host") });
  }

  /** The default channel layer, to send from outside of a consumer. */
  get layer(): ChannelLayer {
    return this.#environment.layers.get("default") as ChannelLayer;
  }

  /** Connections that are open or being decided about. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Connects a client, and resolves when the server has accepted it.
   *
   * With a contract the client speaks its messages; without one it speaks frames.
   *
   * @throws {SolentError} CONNECTION_DENIED with the status and body of the refusal.
   */
  connect<C extends AnyContract>(contract: C, path: string, options?: ConnectOptions): Promise<ContractCommunicator<C>>;
  connect(path: string, options?: ConnectOptions): Promise<Communicator>;
  async connect(
    first: AnyContract | string,
    second?: string | ConnectOptions,
    third?: ConnectOptions,
  ): Promise<Communicator> {
    if (typeof first === "string")
      return this.#connect(new Communicator(), first, second as ConnectOptions | undefined);
    return this.#connect(new ContractCommunicator(), second as string, third);
  }

  /**
   * Answers an HTTP request with the application's `http`: its consumers, a Node listener (through Node's own parser), or a
   * Fetch handler. An aborted `init.signal` is a client that leaves.
   */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const state = await this.#started();
    const request = new Request(new URL(path, "http://testserver"), init);
    if (this.#app.protocols?.has("http") !== true) return answerHttp(this.#app.http, request);
    const scope = requestScopeOf(request, state);
    const transport = new MemoryRequest(this.#turn, request);
    const connection = this.#open(scope, transport, transport);
    transport.bind(connection);
    await this.#environment.watch.track(this.#handle(scope, connection));
    return transport.answered;
  }

  /**
   * Resolves when nothing is queued and nothing runs: a silence after it is proof, not luck.
   *
   * A handler that waits for something outside (a timer, a database) is running.
   */
  async idle(): Promise<void> {
    const layers = [...this.#environment.layers.values()];
    for (let quietTurns = 0; quietTurns < 2;) {
      await nextTurn();
      const isBusy =
        this.#environment.watch.active > 0 || this.#turn.isPending || layers.some((layer) => layer.stats().waiting > 0);
      quietTurns = isBusy ? 0 : quietTurns + 1;
    }
  }

  /** Ends every connection as a stopping server does, waits for `disconnect`, and closes the layers. */
  async close(): Promise<void> {
    for (const connection of this.#connections)
      connection.close(closeCodes.goingAway.code, closeCodes.goingAway.reason, "shutdown");
    await this.#environment.watch.whenIdle();
    if (this.#state !== undefined) await this.#app.lifespan?.shutdown?.(await this.#state);
    await Promise.all([...this.#environment.layers.values()].map((layer) => layer.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #started(): Promise<Scope["state"]> {
    return (this.#state ??= Promise.resolve(this.#app.lifespan?.startup?.()).then((state) =>
      Object.freeze({ ...state }),
    ));
  }

  async #connect<Client extends Communicator>(
    client: Client,
    target: string,
    options: ConnectOptions = {},
  ): Promise<Client> {
    const scope = scopeOf(target, options, await this.#started());
    const transport = new MemoryTransport(this.#turn, client);
    const connection = this.#open(scope, transport);
    transport.bind((payload) => connection.handleMessage(payload));
    client.bind(transport, connection);
    await this.#environment.watch.track(this.#handle(scope, connection));
    await client.opened();
    return client;
  }

  #open(scope: Scope, transport: Transport, request?: IncomingRequest): Connection {
    const facts = {
      ...{ id: `test-${++lastId}`, path: scope.path, remoteAddress: "127.0.0.1" },
      ...(request === undefined ? {} : { request }),
    };
    const connection = new Connection(facts, transport, {
      environment: this.#environment,
      forget: (ended) => void this.#connections.delete(ended),
    });
    this.#connections.add(connection);
    return connection;
  }

  async #handle(scope: Scope, connection: Connection): Promise<void> {
    try {
      await this.#app.handle(scope, connection);
      if (connection.state === "connecting" && !connection.isTaken) connection.deny(500);
    } catch (error) {
      const isUnknown = SolentError.is(error, "ROUTE_NOT_FOUND") || SolentError.is(error, "ROUTE_PROTOCOL");
      if (isUnknown) this.#environment.logger.warn({ path: scope.path }, error.message);
      else
        this.#environment.logger.error(
          { err: error, path: scope.path },
          "a connection failed before its consumer was made",
        );
      if (connection.state === "connecting") connection.deny(isUnknown ? 404 : 500);
    }
  }
}

function scopeOf(target: string, options: ConnectOptions, state: Scope["state"]): Scope {
  const url = new URL(target, "ws://testserver");
  const { subprotocols = [], headers = {} } = options;
  const scheme = url.protocol === "wss:" ? "wss" : "ws";
  return {
    ...plainScope(url, { host: url.host, ...headers }, state),
    ...{ type: "websocket", subprotocols, scheme },
  };
}

function requestScopeOf({ url: text, method, headers }: Request, state: Scope["state"]): Scope {
  const url = new URL(text);
  return {
    ...plainScope(url, { host: url.host, ...Object.fromEntries(headers) }, state),
    ...{ type: "http", method, scheme: "http" },
  };
}

function plainScope(url: URL, headers: Scope["headers"], state: Scope["state"]): Omit<Scope, "type" | "scheme"> {
  const path = decodeURIComponent(url.pathname);
  return {
    path,
    pathRemaining: path,
    rawPath: url.pathname,
    rootPath: "",
    queryString: url.search.slice(1),
    method: "GET",
    httpVersion: "1.1",
    headers,
    subprotocols: [],
    params: {},
    route: [],
    client: { address: "127.0.0.1", port: 0 },
    channel: undefined,
    state,
  };
}
