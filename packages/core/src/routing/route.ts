import type { Application } from "../connection/application.ts";
import { applicationOf } from "../runner/application-of.ts";
import type { AnyConsumerClass } from "../consumer/consumer-class.ts";
import { type ContractTables, tablesOf } from "../contract/tables.ts";
import { validate } from "../contract/schema.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { CheckRoute, RoutedClass, RouteNeeds, RouteTarget } from "./check-route.ts";
import { PathPattern } from "./path-pattern.ts";

/** One line of a `URLRouter`: a pattern and what it leads to. Made by `path`. */
export interface Route<in Needs = {}> {
  /** The pattern as it was written. */
  readonly pattern: string;
  /** What it leads to: a consumer class, or an application such as a router. */
  readonly target: RouteTarget;
  /** @internal */
  readonly "~pattern": PathPattern;
  /** @internal */
  readonly "~application": Application<never>;
  /** Never present: carries the type of what is needed. */
  readonly "~needs"?: (needs: Needs) => void;
}

/**
 * A route: `pattern` leads to a consumer class, or to an application such as a router inside this one.
 *
 * `:name` captures one segment, `:name*` all that is left; the rest is compared exactly. A consumer needs the whole path,
 * an application gets what is left of it. A pattern that begins with a slash is complete: it captures every parameter its
 * target needs. One that does not may take parameters from the router around it.
 *
 * @throws {SolentError} ROUTE_INVALID when the pattern or the target is not usable; CONSUMER_INVALID when the class is
 *   not, naming the handlers to add.
 */
export function path<const Pattern extends string, const T extends RouteTarget>(
  pattern: Pattern,
  target: CheckRoute<Pattern, T>,
): Route<RouteNeeds<Pattern, T>> {
  const compiled = new PathPattern(pattern);
  // `CheckRoute` is the target itself, or no value at all.
  const checked = target as RouteTarget;
  const application = applicationFor(checked, pattern);
  if (typeof checked === "function") requireParams(compiled, checked);
  return Object.freeze({ pattern, target: checked, "~pattern": compiled, "~application": application });
}

/** The application of a route's target. @throws {SolentError} ROUTE_INVALID, CONSUMER_INVALID @internal */
export function applicationFor(target: RouteTarget, place: string): Application<never> {
  // A class is checked when it is described; its typed face differs from the base class in types alone.
  if (typeof target === "function") return applicationOf(target as unknown as AnyConsumerClass);
  if (typeof target === "object" && target !== null && typeof target.handle === "function") return target;
  throw new SolentError("ROUTE_INVALID", {
    pattern: place,
    rule: "its target is neither a consumer class nor an application: give the class itself, not an instance",
  });
}

const probes = ["", "a", "1"];

// For who writes JavaScript: the compiler sees it before. A complete pattern that lacks a parameter would never match.
function requireParams(pattern: PathPattern, consumerClass: RoutedClass): void {
  const tables = contractOf(consumerClass);
  if (tables?.params === undefined || !pattern.text.startsWith("/")) return;
  const { params } = tables;
  const lacking = probes
    .map((probe) => lackingParams(params, pattern.names, probe))
    .reduce((all, some) => all.filter((name) => some.includes(name)));
  if (lacking.length === 0) return;
  throw new SolentError("ROUTE_INVALID", {
    pattern: pattern.text,
    rule: `it lacks ${lacking.map((name) => `:${name}`).join(", ")}, which the params of ${consumerClass.name} demand`,
  });
}

function contractOf(consumerClass: RoutedClass): ContractTables | undefined {
  const { contract } = consumerClass as { readonly contract?: { readonly "~tables": ContractTables } };
  return contract === undefined ? undefined : tablesOf(contract);
}

// Only names the pattern does not capture count: what a schema says about a captured one depends on its value.
function lackingParams(
  schema: NonNullable<ContractTables["params"]>,
  names: readonly string[],
  probe: string,
): string[] {
  try {
    const result = validate(schema, Object.fromEntries(names.map((name) => [name, probe])), "params");
    return (result.issues ?? []).flatMap(({ path: [key] }) =>
      typeof key === "string" && !names.includes(key) ? [key] : [],
    );
  } catch (error) {
    if (SolentError.is(error, "CONTRACT_ASYNC")) throw error;
    // A transform that cannot take the probe says nothing about the pattern.
    return [];
  }
}
