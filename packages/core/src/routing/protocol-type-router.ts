import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { HttpTarget } from "../connection/request.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { Closed } from "./check-route.ts";

/** What runs before the first connection and after the last. */
export interface LifespanHooks {
  /** Runs before the server listens; what it returns is `scope.state`. A throw keeps the server from starting. */
  readonly startup?: () => Readonly<Record<string, unknown>> | void | Promise<Readonly<Record<string, unknown>> | void>;
  /** Runs after every connection has ended. */
  readonly shutdown?: (state: Readonly<Record<string, unknown>>) => void | Promise<void>;
}

/** The root of an application: routes a connection by its protocol. */
export interface ProtocolTypeRouter extends Application {
  /** What answers HTTP outside of Solent; `undefined` for nothing, or where consumers do. */
  readonly http: HttpTarget | undefined;
  /** What runs before the first connection and after the last. */
  readonly lifespan: LifespanHooks | undefined;
  /** The applications by protocol. */
  readonly protocols: ReadonlyMap<string, Application<never>>;
}

interface Protocols {
  readonly http?: unknown;
  readonly websocket?: unknown;
  readonly channel?: unknown;
  readonly lifespan?: LifespanHooks | undefined;
}

const keys = ["http", "websocket", "channel", "lifespan"];

class Router implements ProtocolTypeRouter {
  readonly http: HttpTarget | undefined;
  readonly lifespan: LifespanHooks | undefined;
  readonly protocols: ReadonlyMap<string, Application<never>>;

  constructor(given: Protocols) {
    for (const key of Object.keys(given)) {
      if (!keys.includes(key)) throw invalid(key, `it is no protocol: known are ${keys.join(", ")}`);
    }
    this.lifespan = given.lifespan;
    const { http } = given;
    if (http !== undefined && !isHttpTarget(http) && !isApplication(http)) {
      const rule =
        "http takes a Node request listener, such as an Express app, an object with fetch, or a router of consumers";
      throw invalid("http", rule);
    }
    this.http = isHttpTarget(http) ? http : undefined;
    const protocols = new Map<string, Application<never>>();
    for (const key of ["http", "websocket", "channel"] as const) {
      if (key === "http" && this.http !== undefined) continue;
      const target = given[key];
      if (target === undefined) continue;
      if (!isApplication(target)) throw invalid(key, ruleOf(key, target));
      protocols.set(key, target);
    }
    this.protocols = protocols;
  }

  handle(scope: Scope, link: Link): void | Promise<void> {
    const application = this.protocols.get(scope.type);
    if (application !== undefined) return application.handle(scope, link);
    const given = [...this.protocols.keys(), ...(this.http === undefined ? [] : ["http"])];
    throw new SolentError("ROUTE_PROTOCOL", {
      protocol: scope.type,
      given: given.length === 0 ? "none" : given.join(", "),
    });
  }
}

/**
 * Makes the root of an application, which looks only at a connection's protocol.
 *
 * `http` is a Node request listener, an object with `fetch`, or an application; `websocket` and `channel` (for workers) are
 * applications. One whose consumers need a scope key that no middleware supplies does not compile.
 *
 * @throws {SolentError} ROUTE_INVALID for a key that is no protocol, or a value that is no application.
 */
export const ProtocolTypeRouter: {
  new <const H, const W, const C>(protocols: {
    readonly http?: HttpTarget | Closed<H> | undefined;
    readonly websocket?: Closed<W>;
    readonly channel?: Closed<C>;
    readonly lifespan?: LifespanHooks | undefined;
  }): ProtocolTypeRouter;
} = Router;

function isHttpTarget(target: unknown): target is HttpTarget {
  if (typeof target === "function") return !isConsumerClass(target);
  return typeof target === "object" && target !== null && typeof (target as { fetch?: unknown }).fetch === "function";
}

// A class given for a function would fail only at the first request.
function isConsumerClass(target: { readonly prototype?: unknown }): boolean {
  const prototype = target.prototype;
  return typeof prototype === "object" && prototype !== null && "~connect" in prototype;
}

function isApplication(target: unknown): target is Application<never> {
  return typeof target === "object" && target !== null && typeof (target as { handle?: unknown }).handle === "function";
}

function ruleOf(key: string, target: unknown): string {
  if (typeof target === "function")
    return `${isConsumerClass(target) ? "it is a consumer class" : "it is a function"}: ${key} takes a router, as in new URLRouter([path("/", Consumer)])`;
  return "it is no application: give a router, or middleware around one";
}

function invalid(pattern: string, rule: string): SolentError {
  return new SolentError("ROUTE_INVALID", { pattern, rule });
}
