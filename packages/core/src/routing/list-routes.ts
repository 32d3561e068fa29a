import type { Application } from "../connection/application.ts";
import type { RoutedClass, RouteTarget } from "./check-route.ts";
import { joinPatterns } from "./path-pattern.ts";
import type { AnyRoute } from "./url-router.ts";

/** One line of a listing of routes. */
export interface ListedRoute {
  /** `"websocket"`, `"http"` or `"channel"`; `""` when the listing does not begin at a `ProtocolTypeRouter`. */
  readonly protocol: string;
  /** The whole pattern, or the channel's name; `"*"` for all that the protocol has. */
  readonly pattern: string;
  /** The consumer class's name, or what kind of target it is. */
  readonly target: string;
}

/** What of an application a listing looks at. */
interface Listable {
  readonly protocols?: ReadonlyMap<string, Application<never>>;
  readonly http?: unknown;
  readonly routes?: readonly AnyRoute[];
  readonly channels?: ReadonlyMap<string, RouteTarget>;
  /** The application inside a middleware's. */
  readonly "~inner"?: Application<never>;
  /** The class of a consumer's application. */
  readonly consumerClass?: RoutedClass;
}

/**
 * Lists every route of an application, in the order they are tried: for `console.table(listRoutes(app))`.
 *
 * It looks through middleware made with `addToScope` or `middleware`; other applications are listed as they are.
 */
export function listRoutes(app: Application<never>): ListedRoute[] {
  const { protocols, http } = app as Listable;
  if (protocols === undefined) return rows(app, "", "");
  const listed = [...protocols].flatMap(([protocol, inner]) => rows(inner, protocol, ""));
  if (http === undefined) return listed;
  return [
    { protocol: "http", pattern: "*", target: typeof http === "function" ? "request listener" : "fetch" },
    ...listed,
  ];
}

function rows(target: RouteTarget, protocol: string, pattern: string): ListedRoute[] {
  if (typeof target === "function") return [row(protocol, pattern, target.name)];
  const { routes, channels, "~inner": inner, consumerClass } = target as Listable;
  if (routes !== undefined) {
    return routes.flatMap((route) => rows(route.target, protocol, joinPatterns(pattern, route.pattern)));
  }
  if (channels !== undefined) return [...channels].flatMap(([name, worker]) => rows(worker, protocol, name));
  if (inner !== undefined) return rows(inner, protocol, pattern);
  return [row(protocol, pattern, consumerClass?.name ?? "application")];
}

function row(protocol: string, pattern: string, target: string): ListedRoute {
  return { protocol, pattern: pattern === "" ? "*" : pattern, target: target === "" ? "(anonymous consumer)" : target };
}
