import type { Application } from "../connection/application.ts";
import type { PullHandler, PullOptions } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { applicationOf, type ConsumerApplication } from "../runner/application-of.ts";
import { pullClass } from "../runner/pull-class.ts";

/**
 * An application that runs a function on each connection, whatever transport carries it.
 *
 * `path("/echo", requireWebSocket(async (socket) => { for await (const message of socket) socket.send(message); }))`
 *
 * Events of its groups call the functions of `options.events`, beside the handler. With `requireWebSocket<{ user: User }>`
 * routers demand that middleware supplies the scope key `user`.
 *
 * @throws {SolentError} CONSUMER_INVALID for a handler that is no function, or an event type that cannot be; NAME_INVALID
 *   for a group's name.
 */
export function requireWebSocket<Needs = {}>(
  handler: PullHandler<Needs>,
  options: PullOptions<Needs> = {},
): Application<Needs> {
  // Needs are types alone: routers check them, and nothing of them is left at run time.
  return socketsOnly(applicationOf(pullClass(handler, options))) as Application<never> as Application<Needs>;
}

function socketsOnly(inner: ConsumerApplication): ConsumerApplication {
  return {
    ...inner,
    handle: (scope, link) => {
      if (scope.type === "websocket") return inner.handle(scope, link);
      throw new SolentError("ROUTE_PROTOCOL", { protocol: scope.type, given: "websocket" });
    },
  };
}
