import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { pathText, validate } from "../contract/schema.ts";
import { SolentError } from "../errors/solent-error.ts";
import { type ClassInfo, describeClass } from "./class-info.ts";
import type { AnyConsumerClass } from "../consumer/consumer-class.ts";
import { HttpConsumer } from "../consumer/http-consumer.ts";
import { Runner } from "./runner.ts";

/** An application that runs a new instance of its consumer class for each connection. */
export interface ConsumerApplication extends Application {
  readonly consumerClass: AnyConsumerClass;
  /** Runs it with path parameters that were validated already. */
  start(scope: Scope, link: Link, params: Readonly<Record<string, unknown>>): void;
}

/**
 * Makes an application of a consumer class.
 *
 * @throws {SolentError} CONSUMER_INVALID when the class cannot be used: a contract's event has no handler, for example.
 */
export function applicationOf(consumerClass: AnyConsumerClass): ConsumerApplication {
  const info = describeClass(consumerClass);
  const prototype: unknown = consumerClass.prototype;
  const answersHttp = prototype instanceof HttpConsumer;
  // For who writes JavaScript: the compiler sees it before.
  if (answersHttp && typeof (prototype as Partial<HttpConsumer>).handle !== "function")
    throw new SolentError("CONSUMER_INVALID", { consumer: info.name, rule: "it has no method handle(body)" });
  const start = (scope: Scope, link: Link, params: Readonly<Record<string, unknown>>): void => {
    // The peer may have left while middleware was looking something up.
    if (link.state === "closed") return;
    if (answersHttp !== (scope.type === "http")) throw wrongProtocol(info, scope);
    if (!link.environment.admits(scope, link)) return;
    // Its frames are whatever it likes, so nothing in them can say whose they are.
    if (link.lane !== 0 && info.tables === undefined) {
      link.environment.logger.warn({ path: scope.path }, `${info.name} has no contract and cannot share a connection`);
      link.deny(404);
      return;
    }
    new Runner({ scope, link, info, params }).start();
  };
  const handle = (scope: Scope, link: Link): void => {
    requireWholePath(info.name, scope);
    start(scope, link, validParams(info, scope));
  };
  return { consumerClass, start, handle };
}

/**
 * Routers match the beginning of a path; a consumer is where it must end, behind whatever middleware.
 *
 * @throws {SolentError} ROUTE_NOT_FOUND
 */
export function requireWholePath(name: string, scope: Scope): void {
  if (scope.route.length > 0 && scope.pathRemaining !== "") throw noMatch(scope, `${name} ends the path`);
}

function wrongProtocol({ name }: ClassInfo, { type }: Scope): SolentError {
  const rule = `it answers ${type === "http" ? "no " : ""}HTTP requests, and is routed for the protocol "${type}"`;
  return new SolentError("CONSUMER_INVALID", { consumer: name, rule });
}

// Params that fail their schema are no match, as with the converters of the original: the next route is tried.
function validParams(info: ClassInfo, scope: Scope): Readonly<Record<string, unknown>> {
  const schema = info.tables?.params;
  if (schema === undefined) return scope.params;
  const result = validate(schema, scope.params, "params");
  if (result.issues === undefined) return result.value as Readonly<Record<string, unknown>>;
  throw noMatch(scope, `params: ${pathText(result.issues[0].path)} does not fit the contract of ${info.name}`);
}

function noMatch(scope: Scope, why: string): SolentError {
  return new SolentError("ROUTE_NOT_FOUND", { path: scope.path, tried: why, routes: [], why });
}
