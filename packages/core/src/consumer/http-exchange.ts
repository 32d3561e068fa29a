import type { Scope } from "../connection/scope.ts";
import { type Answer, HttpConsumer } from "./http-consumer.ts";
import type { PullSocket } from "./pull-socket.ts";
import type { RequestBody } from "./request-body.ts";

/** What an exchange has of `HttpConsumer`: the means to answer, its groups, and the client's leaving. */
type Answering = Pick<
  HttpConsumer,
  | "sendHeaders"
  | "sendBody"
  | "sendResponse"
  | "sendJson"
  | "startEvents"
  | "sendEvent"
  | "keepOpen"
  | "drained"
  | "lastEventId"
  | "signal"
  | "connection"
  | "layer"
  | "channelName"
  | "group"
>;

/**
 * An HTTP request and its answer: what `acceptWebSocket` gives to its function where it is no connection.
 *
 * One that the function has not answered when it returns is answered with 500, and logged.
 */
export interface HttpExchange<Needs = {}> extends Answering {
  /** What is known about the request: path, headers, and what middleware added. */
  readonly scope: Scope & Readonly<Needs>;
  /** The path's parameters, as text. */
  readonly params: (Scope & Readonly<Needs>)["params"];
  /** The request's body, in pieces or whole. */
  readonly body: RequestBody;
  /** No: tells it from a connection. */
  isWebSocket(): this is PullSocket<Needs>;
}

/** Runs a function on a request: what it is given is this consumer, as an `HttpExchange`. */
export abstract class ExchangeConsumer extends HttpConsumer implements HttpExchange {
  #body: RequestBody | undefined;

  /** The user's function. */
  abstract "~handle"(): unknown;

  get body(): RequestBody {
    return this.#body as RequestBody;
  }

  isWebSocket(): this is PullSocket {
    return false;
  }

  override handle(body: RequestBody): Promise<Answer> {
    this.#body = body;
    // Whether it was answered is looked at when it has ended, whatever the function returns.
    return Promise.resolve(this["~handle"]()) as Promise<Answer>;
  }
}
