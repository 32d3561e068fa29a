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

/** One line of a listing, with the consumer class it leads to where it does. @internal */
export interface FoundRoute extends ListedRoute {
  readonly consumerClass: RoutedClass | undefined;
}

/**
 * Lists every route of an application, in the order they are tried: for `console.table(listRoutes(app))`.
 *
 * It looks through middleware made with `addToScope` or `middleware`; other applications are listed as they are.
 */
export function listRoutes(app: Application<never>): ListedRoute[] {
  return findRoutes(app).map(({ protocol, pattern, target }) => ({ protocol, pattern, target }));
}

/** What `listRoutes` lists, with the classes. @internal */
export function findRoutes(app: Application<never>): FoundRoute[] {
  const { protocols, http } = app as Listable;
  if (protocols === undefined) return found(app, "", "");
  const all = [...protocols].flatMap(([protocol, inner]) => found(inner, protocol, ""));
  if (http === undefined) return all;
  const target = typeof http === "function" ? "request listener" : "fetch";
  return [{ protocol: "http", pattern: "*", target, consumerClass: undefined }, ...all];
}

function found(target: RouteTarget, protocol: string, pattern: string): FoundRoute[] {
  if (typeof target === "function") return [leaf(target, protocol, pattern)];
  const { routes, channels, "~inner": inner, consumerClass } = target as Listable;
  if (routes !== undefined) {
    return routes.flatMap((route) => found(route.target, protocol, joinPatterns(pattern, route.pattern)));
  }
  if (channels !== undefined) return [...channels].flatMap(([name, worker]) => found(worker, protocol, name));
  if (inner !== undefined) return found(inner, protocol, pattern);
  return [leaf(consumerClass, protocol, pattern)];
}

function leaf(consumerClass: RoutedClass | undefined, protocol: string, pattern: string): FoundRoute {
  const target = consumerClass === undefined ? "application" : consumerClass.name || "(anonymous consumer)";
  return { protocol, pattern: pattern === "" ? "*" : pattern, target, consumerClass };
}
