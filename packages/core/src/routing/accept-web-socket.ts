import type { Application } from "../connection/application.ts";
import { HttpConsumer } from "../consumer/http-consumer.ts";
import type { HttpExchange } from "../consumer/http-exchange.ts";
import type { FunctionOptions, PullSocket } from "../consumer/pull-socket.ts";
import { SolentError } from "../errors/solent-error.ts";
import { applicationOf, type ConsumerApplication } from "../runner/application-of.ts";
import { exchangeClass, socketClass } from "../runner/function-class.ts";

/** Options of `acceptWebSocket`. */
export interface ExchangeOptions<Peer> extends FunctionOptions<Peer> {
  /** Largest body of a request, in bytes. Over it: 413. @default 1_048_576 */
  readonly maxBodyBytes?: number;
}

/**
 * An application that runs one function on both: connections, and plain HTTP requests of the same path.
 *
 * `peer.isWebSocket()` tells which it is. Its route stands in the router of both protocols:
 * `new ProtocolTypeRouter({ http: router, websocket: router })`. Everything else is as `requireWebSocket` has it.
 *
 * @throws {SolentError} as `requireWebSocket` does; CONFIG_INVALID for `maxBodyBytes`.
 */
export function acceptWebSocket<Needs = {}>(
  handler: (peer: PullSocket<Needs> | HttpExchange<Needs>) => unknown,
  options: ExchangeOptions<PullSocket<Needs> | HttpExchange<Needs>> = {},
): Application<Needs> {
  const { maxBodyBytes = HttpConsumer.maxBodyBytes } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    const rule = "it is a whole number of at least 0";
    throw new SolentError("CONFIG_INVALID", { option: "maxBodyBytes", value: maxBodyBytes, rule });
  }
  const parts = { handler, options };
  const both = either(applicationOf(socketClass(parts)), applicationOf(exchangeClass(parts, maxBodyBytes)));
  // Needs are types alone: routers check them, and nothing of them is left at run time.
  return both as Application<never> as Application<Needs>;
}

function either(sockets: ConsumerApplication, exchanges: ConsumerApplication): Application {
  const { consumerClass } = sockets;
  const handle: Application["handle"] = (scope, link) => {
    if (scope.type === "channel")
      throw new SolentError("ROUTE_PROTOCOL", { protocol: scope.type, given: "http, websocket" });
    return (scope.type === "http" ? exchanges : sockets).handle(scope, link);
  };
  // For who lists the routes.
  return Object.assign({ handle }, { consumerClass });
}
