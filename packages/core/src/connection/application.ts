import type { Link } from "./link.ts";
import type { Scope } from "./scope.ts";

/**
 * A function of scope and connection: routers, middleware and consumers are all applications.
 *
 * `Needs` are the scope keys that somebody around it must supply; the type is contravariant in it, so an application
 * that needs nothing fits everywhere.
 */
export interface Application<in Needs = {}> {
  /**
   * Takes charge of one connection: routes it on, denies it, or runs a consumer on it.
   *
   * @throws {SolentError} ROUTE_NOT_FOUND when nothing here matches and the router around it may try its next route.
   */
  handle(scope: Scope, link: Link): void | Promise<void>;
  /** Never present: carries the type of what is needed. */
  readonly "~needs"?: (needs: Needs) => void;
}
