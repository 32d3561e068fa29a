import {
  cookies,
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  type PullSocket,
  requireWebSocket,
  URLRouter,
} from "@solent/core";

/** Everything that is known of a handshake, line by line. */
function handshake({ scope }: PullSocket): [string, string][] {
  const { method, path: at, queryString, httpVersion, scheme, client, headers } = scope;
  return [
    ["method", method],
    ["path", at],
    ["query", queryString],
    ["HTTP version", httpVersion],
    ["scheme", scheme],
    ["client", client?.address ?? "unknown"],
    ...Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...[...cookies(scope)].map(([name, value]): [string, string] => [`the cookie ${name}`, value]),
  ];
}

/** One run for each connection, from its handshake to its end: no class, no hooks. */
async function echo(socket: PullSocket) {
  socket.send(JSON.stringify(handshake(socket)));
  for await (const message of socket) {
    // To return is to close, with 1000.
    if (message === "bye") return;
    socket.send(message);
  }
}

export const layer = new InMemoryChannelLayer();

export const app = new ProtocolTypeRouter({
  websocket: new URLRouter([path("/echo", requireWebSocket(echo))]),
});
