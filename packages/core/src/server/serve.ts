import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Application } from "../connection/application.ts";
import { createEnvironment, type Environment, type EnvironmentOptions } from "../connection/environment.ts";
import type { RunningHandler } from "../connection/watch.ts";
import { SolentError } from "../errors/solent-error.ts";
import { defaultAdmission, type Origins } from "../middleware/allow-origins.ts";
import type { LifespanHooks } from "../routing/protocol-type-router.ts";
import { ConnectionServer } from "./connection-server.ts";
import { diagnosticsObserver } from "./diagnostics.ts";
import { drainer, stopListening } from "./http-drain.ts";
import { answerRequests, passingOn } from "./request/request-server.ts";
import { HttpConnections } from "./http/http-connections.ts";
import { type FetchHandler, type NodeListener, nodeListener } from "./http-handler.ts";
import type { Denials } from "./refusal.ts";
import { type DeflateOptions, SocketServer } from "./socket-server.ts";

/** What `serve` runs: a `ProtocolTypeRouter`, or any application for WebSockets alone. */
export interface RootApplication extends Application {
  /** Answers HTTP requests. */
  readonly http?: NodeListener | FetchHandler | undefined;
  /** The applications by protocol: where there is one for `http`, it answers HTTP requests. */
  readonly protocols?: ReadonlyMap<string, Application<never>>;
  readonly lifespan?: LifespanHooks | undefined;
}

/** A way to carry connections. */
export type TransportName = "websocket" | "sse" | "stream" | "poll";

/** Options of `attach`. */
export interface AttachOptions extends EnvironmentOptions {
  /** Compression of messages (RFC 7692). It costs memory and CPU per connection. @default false */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /**
   * Whose pages may open a WebSocket where no `allowOrigins` in the application decides. Clients that are no browsers send
   * no Origin and are let in. @default "same-host"
   */
  readonly origins?: Origins;
  /**
   * How a client learns that its connection was denied: by the HTTP status, or by a close code of the same meaning (4401,
   * 4403, 4404 and so on) right after an accepted handshake. A browser shows its page no status, only that it failed; so
   * `"closeCode"` is for pages. It concerns clients that offer `solent.v1`, as `@solent/client` does; others get the
   * status. @default "status"
   */
  readonly denials?: Denials;
  /** Where the application is mounted: `"/chat"`. Routers match what follows, and nothing else matches. @default "" */
  readonly rootPath?: string;
  /**
   * What may carry connections: WebSockets; Server-Sent Events (`"sse"`), streams of frames (`"stream"`) and long polls
   * (`"poll"`), for where those do not get through. Requests of the latter three have `~solent` in their query; the
   * application never sees them. @default all of them
   */
  readonly transports?: readonly TransportName[];
  /** Which upgrade requests are Solent's, and which requests with `~solent`; the others are left to other listeners. @default all */
  readonly accepts?: (request: IncomingMessage) => boolean;
  /** Whether `close()` closes the channel layers too. @default true */
  readonly closeLayers?: boolean;
}

/** Options of `serve`. */
export interface ServeOptions extends AttachOptions {
  /** The TCP port; 0 takes a free one. @default 8000 */
  readonly port?: number;
  /** The address to listen on. @default all */
  readonly host?: string;
  /** Largest request header in bytes. Over it: HTTP 431. @default 16_384 */
  readonly maxHeaderBytes?: number;
}

/** What Node keeps an idle connection of HTTP for. */
const defaultKeepAliveMs = 5_000;

/** Options of `SolentServer.close`. */
export interface CloseOptions {
  /** Spreads the closing of connections over this time, each with 1012, so that clients do not all come back at once. @default 0 */
  readonly drainMs?: number;
}

/** A running server. */
export class SolentServer implements AsyncDisposable {
  /** The HTTP server underneath. */
  readonly http: Server;
  readonly #connections: ConnectionServer;
  readonly #end: (drainMs: number) => Promise<void>;
  #closed: Promise<void> | undefined;

  /** @internal Made by `serve` and `attach`. */
  constructor(http: Server, end: (drainMs: number) => Promise<void>, connections: ConnectionServer) {
    this.http = http;
    this.#end = end;
    this.#connections = connections;
  }

  /** The port it listens on. @throws {SolentError} SERVER_STATE when it does not listen on a TCP port. */
  get port(): number {
    const address = this.http.address();
    if (address === null || typeof address === "string")
      throw new SolentError("SERVER_STATE", { rule: "listens on no TCP port" });
    return (address satisfies AddressInfo).port;
  }

  /** Connections that are open or being decided about. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The handlers that run at this moment, oldest first: for a debug page, or a question about a stuck shutdown. */
  running(): RunningHandler[] {
    return this.#connections.running();
  }

  /**
   * Stops gracefully: no new connections, every connection closed (1001), every `disconnect` run, then `shutdown`.
   *
   * Handlers that hang delay it by at most `disconnectGraceMs`. Calling it again returns the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    return (this.#closed ??= this.#end(options.drainMs ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Serves an application on a port of its own.
 *
 * @returns when it listens.
 * @throws {SolentError} CONFIG_INVALID; whatever `startup` throws; the system's error when the port is taken.
 */
export async function serve(app: RootApplication, options: ServeOptions = {}): Promise<SolentServer> {
  const { port = 8000, host, maxHeaderBytes = 16_384 } = options;
  if (!Number.isSafeInteger(port) || port < 0 || port > 65_535) {
    throw new SolentError("CONFIG_INVALID", {
      option: "port",
      value: port,
      rule: "a port is a whole number from 0 to 65535",
    });
  }
  const environment = environmentOf(options);
  const { limits } = environment;
  const http = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      // A request that is not even complete counts as a handshake that takes too long.
      headersTimeout: Math.min(60_000, limits.handshakeTimeoutMs),
      // A page answers a heartbeat over HTTP on the connection that it has, as a proxy does with many requests.
      keepAliveTimeout: Math.max(defaultKeepAliveMs, limits.heartbeatIntervalMs + defaultKeepAliveMs),
      connectionsCheckingInterval: Math.min(30_000, Math.max(20, Math.floor(limits.handshakeTimeoutMs / 4))),
    },
    answersHttp(app) ? undefined : nodeListener(app.http, environment.logger),
  );
  const { use, drain } = drainer(http);
  const accepts = (request: IncomingMessage): boolean => {
    use(request);
    return options.accepts?.(request) ?? true;
  };
  const { connections, leave, finish } = await start({ app, http, environment, options: { ...options, accepts } });
  try {
    await listening(http, port, host);
  } catch (error) {
    await connections.close(0);
    await finish();
    throw error;
  }
  const close = async (drainMs: number): Promise<void> => {
    const ended = stopListening(http);
    await connections.close(drainMs);
    leave();
    await drain(limits.disconnectGraceMs, ended);
    await finish();
  };
  return new SolentServer(http, close, connections);
}

/**
 * Serves an application's connections on an HTTP server that exists already.
 *
 * Requests go to the HTTP server's own listeners, but for those that a consumer's route takes. `app.http` is not used.
 *
 * `close()` ends the connections and leaves the HTTP server alone.
 *
 * @throws {SolentError} CONFIG_INVALID; whatever `startup` throws.
 */
export async function attach(http: Server, app: RootApplication, options: AttachOptions = {}): Promise<SolentServer> {
  const environment = environmentOf(options);
  // What an application has no route for is the server's own.
  const routed = answersHttp(app) ? { ...app, ...passingOn(app, http) } : app;
  const { connections, finish } = await start({ app: routed, http, environment, options });
  const close = async (drainMs: number): Promise<void> => {
    await connections.close(drainMs);
    await finish();
  };
  return new SolentServer(http, close, connections);
}

function answersHttp({ protocols }: RootApplication): boolean {
  return protocols?.has("http") === true;
}

function environmentOf(options: AttachOptions): Environment {
  const admits = defaultAdmission(options.origins ?? "same-host");
  return createEnvironment(options, { observer: diagnosticsObserver, admits });
}

function rootPathOf({ rootPath = "" }: AttachOptions): string {
  if (rootPath === "" || (rootPath.startsWith("/") && !rootPath.endsWith("/"))) return rootPath;
  throw new SolentError("CONFIG_INVALID", {
    option: "rootPath",
    value: rootPath,
    rule: 'it begins with a slash and does not end in one, as in "/chat"',
  });
}

function denialsOf({ denials = "status" }: AttachOptions): Denials {
  if (denials === "status" || denials === "closeCode") return denials;
  throw new SolentError("CONFIG_INVALID", { option: "denials", value: denials, rule: 'it is "status" or "closeCode"' });
}

const transportNames: readonly TransportName[] = ["websocket", "sse", "stream", "poll"];

function transportsOf({ transports = transportNames }: AttachOptions): readonly TransportName[] {
  const unknown = transports.find((name) => !transportNames.includes(name));
  if (unknown === undefined && transports.length > 0) return transports;
  const rule = `it is a list of ${transportNames.join(", ")}`;
  throw new SolentError("CONFIG_INVALID", { option: "transports", value: unknown ?? "[]", rule });
}

interface Start {
  readonly app: RootApplication;
  readonly http: Server;
  readonly environment: Environment;
  readonly options: AttachOptions;
}

interface Started {
  readonly connections: ConnectionServer;
  /** Lets go of what it holds for other nodes; to be called when its own connections have ended. */
  readonly leave: () => void;
  readonly finish: () => Promise<void>;
}

async function start({ app, http, environment, options }: Start): Promise<Started> {
  const state = Object.freeze({ ...(await app.lifespan?.startup?.()) });
  const connections = new ConnectionServer(app, environment);
  const transports = transportsOf(options);
  const common = {
    connections,
    scope: { state, rootPath: rootPathOf(options) },
    denials: denialsOf(options),
    accepts: options.accepts ?? (() => true),
  };
  const sockets = new SocketServer({
    ...common,
    perMessageDeflate: options.perMessageDeflate ?? false,
    isOff: !transports.includes("websocket"),
  });
  const others = new HttpConnections({ ...common, kinds: transports });
  const stopListening: readonly (() => void | Promise<void>)[] = [
    ...(answersHttp(app) ? [answerRequests(http, common)] : []),
    sockets.listen(http),
    others.listen(http),
  ].toReversed();
  const finish = async (): Promise<void> => {
    for (const stop of stopListening) await stop();
    sockets.close();
    try {
      await app.lifespan?.shutdown?.(state);
    } finally {
      if (options.closeLayers !== false)
        await Promise.all([...environment.layers.values()].map((layer) => layer.close()));
    }
  };
  return { connections, leave: () => others.leave(), finish };
}

async function listening(http: Server, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      http.off("error", reject);
      resolve();
    });
  });
}
