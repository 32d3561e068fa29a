import { SolentError } from "../errors/solent-error.ts";
import { joinPatterns } from "./path-pattern.ts";

const maxRoutesTold = 50;

/** The error of a router in which nothing matches; `routes` are the patterns it tried. */
export function notFound(path: string, routes: readonly string[]): SolentError {
  const told = routes.slice(0, maxRoutesTold);
  const more = routes.length > told.length ? ` and ${routes.length - told.length} more` : "";
  return new SolentError("ROUTE_NOT_FOUND", {
    path,
    routes: told,
    tried: told.length === 0 ? "none" : told.join(", ") + more,
  });
}

/**
 * The routes that were tried behind `pattern`, as the router around them tells it.
 *
 * Whatever else was thrown is thrown on: it is no statement about routes.
 */
export function triedBehind(pattern: string, error: unknown): readonly string[] {
  if (!SolentError.is(error, "ROUTE_NOT_FOUND")) throw error;
  const { routes, why } = error.details;
  if (!Array.isArray(routes) || routes.length === 0) return [typeof why === "string" ? `${pattern} (${why})` : pattern];
  return routes.map((route) => joinPatterns(pattern, String(route)));
}
