import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import { notFound, triedBehind } from "./not-found.ts";
import type { PathMatch } from "./path-pattern.ts";
import type { Route } from "./route.ts";

/** Any route: what it needs does not matter here. */
export type AnyRoute = Route<never>;

/** The needs of all routes together. */
export type AllNeeds<R extends readonly AnyRoute[]> = [R[number]] extends [Route<infer N>]
  ? { [K in keyof N]: N[K] }
  : never;

/** Routes a connection by its path: the first route that matches takes it. */
export interface URLRouter<in Needs = {}> extends Application<Needs> {
  /** The routes, in the order they are tried. */
  readonly routes: readonly AnyRoute[];
}

class Router implements URLRouter {
  readonly routes: readonly AnyRoute[];
  // Shared by all connections of a route: an idle connection keeps its scope.
  readonly #trails: readonly (readonly string[])[];

  constructor(routes: readonly AnyRoute[]) {
    if (!Array.isArray(routes) || !routes.every(isRoute)) {
      throw new SolentError("ROUTE_INVALID", {
        pattern: "",
        rule: "a URLRouter takes a list of routes made by path()",
      });
    }
    refuseShadowed(routes);
    this.routes = Object.freeze([...routes]);
    this.#trails = routes.map((route) => Object.freeze([route.pattern]));
  }

  handle(scope: Scope, link: Link): void | Promise<void> {
    const path = scope.route.length === 0 ? belowRoot(scope) : scope.pathRemaining;
    return this.#try({ scope, link, path, tried: [] }, 0);
  }

  #try(search: Search, from: number): void | Promise<void> {
    const { scope, link, path, tried } = search;
    for (const [index, route] of this.routes.entries()) {
      if (index < from) continue;
      const match = route["~pattern"].match(path);
      if (match === undefined) {
        tried.push(route.pattern);
        continue;
      }
      try {
        const work = route["~application"].handle(this.#scopeBehind(scope, index, match), link);
        if (!(work instanceof Promise)) return;
        return work.catch((error: unknown) => {
          tried.push(...triedBehind(route.pattern, error));
          return this.#try(search, index + 1);
        });
      } catch (error) {
        tried.push(...triedBehind(route.pattern, error));
      }
    }
    throw notFound(scope.path, tried);
  }

  #scopeBehind(scope: Scope, index: number, match: PathMatch): Scope {
    const trail = this.#trails[index] ?? [];
    return {
      ...scope,
      pathRemaining: match.rest,
      params: Object.keys(scope.params).length === 0 ? match.params : { ...scope.params, ...match.params },
      route: scope.route.length === 0 ? trail : [...scope.route, ...trail],
    };
  }
}

interface Search {
  readonly scope: Scope;
  readonly link: Link;
  readonly path: string;
  /** The patterns that did not match so far. */
  readonly tried: string[];
}

/**
 * Makes a router of routes, tried in their order.
 *
 * A connection that no route matches is left to the router around it, and by the outermost one refused (404) with the routes
 * that were tried. Routers nest, also with middleware between them: what is left of the path is `scope.pathRemaining`.
 *
 * @throws {SolentError} ROUTE_INVALID when a route can never match because of one before it.
 */
// A constructor interface and not a class with a type parameter: it shows as `URLRouter<{ user: … }>`, without the routes.
export const URLRouter: { new <const R extends readonly AnyRoute[]>(routes: R): URLRouter<AllNeeds<R>> } = Router;

function isRoute(value: unknown): value is AnyRoute {
  return typeof value === "object" && value !== null && "~pattern" in value && "~application" in value;
}

// A route that ends in a consumer without params takes every path of its shape; one that does not may pass it on.
function refuseShadowed(routes: readonly AnyRoute[]): void {
  const takers = new Map<string, string>();
  for (const route of routes) {
    const { shape, text } = route["~pattern"];
    const taker = takers.get(shape);
    if (taker !== undefined && typeof route.target === "function") {
      throw new SolentError("ROUTE_INVALID", {
        pattern: text,
        rule: `it can never match: "${taker}" before it takes the same paths`,
      });
    }
    if (takesAll(route)) takers.set(shape, text);
  }
}

function takesAll({ target }: AnyRoute): boolean {
  if (typeof target !== "function") return false;
  const { contract } = target as { readonly contract?: { readonly params?: unknown } };
  return contract?.params === undefined;
}

function belowRoot(scope: Scope): string {
  const root = scope.rootPath.endsWith("/") ? scope.rootPath.slice(0, -1) : scope.rootPath;
  if (root === "") return scope.pathRemaining;
  const path = scope.pathRemaining;
  if (path === root || path.startsWith(`${root}/`)) return path.slice(root.length);
  throw notFound(scope.path, [`(outside the root path "${root}")`]);
}
