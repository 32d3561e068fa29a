import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { duplexPair, Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Whatever answers HTTP in an application. */
export type HttpApplication = NodeListener | { fetch(request: Request): Response | Promise<Response> };

/** Has an application answer a request without a port. */
export async function answerHttp(http: HttpApplication | undefined, request: Request): Promise<Response> {
  if (http === undefined) return new Response("426 Upgrade Required\n", { status: 426 });
  return typeof http === "function" ? answerThroughParser(http, request) : http.fetch(request);
}

// A Node listener wants a socket: it gets one end of a pair, and Node's own parser on both.
async function answerThroughParser(listener: NodeListener, request: Request): Promise<Response> {
  const [clientSide, serverSide] = duplexPair();
  const server = createServer(listener);
  server.emit("connection", serverSide);
  const { pathname, search, host } = new URL(request.url);
  const outgoing = httpRequest({
    createConnection: () => clientSide,
    method: request.method,
    path: pathname + search,
    headers: { ...Object.fromEntries(request.headers), host, connection: "close" },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  outgoing.end(request.body === null ? undefined : Buffer.from(await request.arrayBuffer()));
  const incoming = await answered;
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2)
    headers.append(incoming.rawHeaders[i] as string, incoming.rawHeaders[i + 1] as string);
  const status = incoming.statusCode as number;
  const hasBody = status !== 204 && status !== 304 && request.method !== "HEAD";
  return new Response(hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null, { status, headers });
}
