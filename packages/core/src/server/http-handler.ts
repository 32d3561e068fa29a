import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "../connection/logger.ts";

/** Answers a request as the Fetch standard has it: Hono apps and others export one. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** A Node request listener: an Express app, `fastify.routing`, or a function. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Makes a Node listener of whatever answers HTTP; a failure is logged and answered with a bare 500. */
export function nodeListener(handler: NodeListener | FetchHandler | undefined, logger: Logger): NodeListener {
  if (handler === undefined) return upgradeRequired;
  const run = typeof handler === "function" ? handler : fetchListener(handler);
  return (request, response) => {
    void Promise.resolve()
      .then(() => run(request, response))
      .catch((error: unknown) => {
        logger.error({ err: error, method: request.method, url: request.url }, "an HTTP handler failed");
        if (!response.headersSent)
          response.writeHead(500, { "content-type": "text/plain" }).end("500 Internal Server Error\n");
        else response.destroy();
      });
  };
}

function upgradeRequired(_request: IncomingMessage, response: ServerResponse): void {
  response
    .writeHead(426, { connection: "close", upgrade: "websocket", "content-type": "text/plain" })
    .end("426 Upgrade Required: this server speaks WebSocket.\n");
}

function fetchListener(handler: FetchHandler): NodeListener {
  return async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    const request = fetchRequest(incoming, gone.signal);
    if (request === undefined) {
      outgoing.writeHead(400, { connection: "close", "content-type": "text/plain" }).end("400 Bad Request\n");
      return;
    }
    const answer = await answerOf(handler, request);
    // The client has left: nobody waits for an answer.
    if (answer === undefined) return;
    // `Headers` joins repeated values, which Set-Cookie does not survive.
    const headers = Object.fromEntries(answer.headers);
    const cookies = answer.headers.getSetCookie();
    outgoing.writeHead(answer.status, cookies.length > 0 ? { ...headers, "set-cookie": cookies } : headers);
    if (answer.body === null || incoming.method === "HEAD") {
      outgoing.end();
      return;
    }
    await pipeline(Readable.fromWeb(answer.body), outgoing).catch((error: unknown) => {
      // The client has left: nobody waits for the rest. A stream that fails closes the answer too, so `gone` cannot tell.
      if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    });
  };
}

async function answerOf(handler: FetchHandler, request: Request): Promise<Response | undefined> {
  try {
    return await handler.fetch(request);
  } catch (error) {
    // What was told to stop because the client has left has not failed.
    if (request.signal.aborted) return undefined;
    throw error;
  }
}

const hostPattern = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

// `undefined` for what no `Request` can be made of: a bad Host or target, or a method it does not know.
function fetchRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", headers, url = "/" } = incoming;
  const { host = "localhost" } = headers;
  if (!hostPattern.test(host)) return undefined;
  const scheme = "encrypted" in incoming.socket ? "https" : "http";
  const list: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") list.push([name, value]);
    else for (const item of value ?? []) list.push([name, item]);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  // A body that streams in needs `duplex` (Fetch standard, RequestInit).
  const body = hasBody ? { body: Readable.toWeb(incoming), duplex: "half" } : {};
  const init = { method, headers: list, signal, ...body } as RequestInit;
  try {
    // Not `new URL(url, base)`: a target of "//other.example/" would change the host.
    return new Request(url.startsWith("/") ? `${scheme}://${host}${url}` : url, init);
  } catch {
    return undefined;
  }
}
