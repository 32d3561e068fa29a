import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { describeClass } from "./class-info.ts";
import type { AnyConsumerClass } from "./consumer-class.ts";
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
  const start = (scope: Scope, link: Link, params: Readonly<Record<string, unknown>>): void => {
    // The peer may have left while middleware was looking something up.
    if (link.state === "closed") return;
    new Runner({ scope, link, info, params }).start();
  };
  return { consumerClass, start, handle: (scope, link) => start(scope, link, scope.params) };
}
