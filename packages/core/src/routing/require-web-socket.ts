import type { Application } from "../connection/application.ts";
import type { FunctionOptions, PullSocket } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { applicationOf, type ConsumerApplication, requireWholePath } from "../runner/application-of.ts";
import { socketClass } from "../runner/function-class.ts";

/**
 * An application that runs a function on each connection, from its handshake to its end, whatever transport carries it.
 *
 * `path("/echo", requireWebSocket(async (socket) => { for await (const message of socket) socket.send(message); }))`
 *
 * When the function returns, the connection is closed with 1000, after what was sent; when it throws, with 4500, and the error
 * is logged. One that returns before it has used its socket is denied with 403 and a line in the log. Events of its groups call
 * the functions of `options.events` beside it. A plain HTTP request is answered with 426.
 *
 * With `requireWebSocket<{ user: User }>` routers demand that middleware supplies the scope key `user`.
 *
 * @throws {SolentError} CONSUMER_INVALID for a handler that is no function, or an event type that cannot be; NAME_INVALID
 *   for a group's name.
 */
export function requireWebSocket<Needs = {}>(
  handler: (socket: PullSocket<Needs>) => unknown,
  options: FunctionOptions<PullSocket<Needs>> = {},
): Application<Needs> {
  // Needs are types alone: routers check them, and nothing of them is left at run time.
  return socketsOnly(applicationOf(socketClass({ handler, options }))) as Application<never> as Application<Needs>;
}

// An answer with 426 says what to change to (RFC 9110 section 15.5.22).
const upgrade = { upgrade: "websocket", connection: "upgrade" };

function socketsOnly(inner: ConsumerApplication): ConsumerApplication {
  return {
    ...inner,
    handle: (scope, link) => {
      if (scope.type === "websocket") return inner.handle(scope, link);
      if (scope.type !== "http") throw new SolentError("ROUTE_PROTOCOL", { protocol: scope.type, given: "websocket" });
      requireWholePath(inner.consumerClass.name, scope);
      link.deny(426, "426 Upgrade Required: here is a WebSocket.\n", upgrade);
    },
  };
}
