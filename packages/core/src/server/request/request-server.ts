import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Application } from "../../connection/application.ts";
import type { Link } from "../../connection/link.ts";
import type { Scope } from "../../connection/scope.ts";
import type { Denial } from "../../connection/transport.ts";
import { SolentError } from "../../errors/solent-error.ts";
import type { FrameEncoder } from "../../outbox/frame.ts";
import { OutboxTurn } from "../../outbox/turn.ts";
import type { ConnectionServer } from "../connection-server.ts";
import { scopeOf } from "../handshake.ts";
import { pacedTurn } from "../paced-turn.ts";
import { RequestTransport } from "./request-transport.ts";

/** What requests are answered with. */
export interface RequestServerParts {
  readonly connections: ConnectionServer;
  readonly scope: Pick<Scope, "state" | "rootPath">;
  readonly accepts: (request: IncomingMessage) => boolean;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** The pieces of an answer's body as they are. */
const bodyEncoder: FrameEncoder = {
  encode: (payload) => (typeof payload === "string" ? Buffer.from(payload) : payload),
};

const badPath: Denial = { status: 400, body: "The path is not valid.\n", headers: {} };

/** Lets the consumers of an application answer an HTTP server's requests. @returns a function that stops it. */
export function answerRequests(
  server: Server,
  { connections, scope: shared, accepts }: RequestServerParts,
): () => void {
  const turn = new OutboxTurn(bodyEncoder, pacedTurn());
  const { logger } = connections.environment;
  const others = listenersOf(server);
  const onRequest: Listener = (request, response) => {
    if (!accepts(request)) {
      for (const other of others) other.call(server, request, response);
      return;
    }
    response.on("error", ignore);
    const transport = new RequestTransport({ request, response, turn, logger });
    const refusal = connections.refusal();
    const scope = refusal === undefined ? scopeOf(request, { type: "http", ...shared }) : undefined;
    if (scope === undefined) transport.deny(refusal ?? badPath);
    else connections.open(scope, transport, transport);
  };
  server.removeAllListeners("request").on("request", onRequest);
  return () => {
    server.off("request", onRequest);
    for (const other of others) server.on("request", other);
  };
}

/** The application, with the requests that none of its routes matches left to the listeners that a server has already. */
export function passingOn(app: Application, server: Server): Application {
  const others = listenersOf(server);
  const passOn = (error: unknown, { request }: Link): void => {
    if (request === undefined || !SolentError.is(error, "ROUTE_NOT_FOUND")) throw error;
    request.handOver((...exchange: Parameters<Listener>) => {
      for (const other of others) other.apply(server, exchange);
    });
  };
  return {
    handle(scope, link) {
      try {
        return app.handle(scope, link)?.catch((error: unknown) => passOn(error, link));
      } catch (error) {
        return passOn(error, link);
      }
    },
  };
}

function listenersOf(server: Server): Listener[] {
  return server.listeners("request") as Listener[];
}

function ignore(): void {}
