/** What is known about a connection for as long as it lives: the original's scope, with JavaScript names. */
export interface Scope {
  /** The protocol: a key of `ProtocolTypeRouter`. */
  readonly type: "websocket" | "http" | "channel";
  /** The path, percent- and UTF-8-decoded, without the query: `"/rooms/red"`. `""` for a worker. */
  readonly path: string;
  /** What the routers have not matched yet; the same as `path` before the first router. */
  readonly pathRemaining: string;
  /** The path as it arrived, still percent-encoded. */
  readonly rawPath: string;
  /** Where the application is mounted; `""` at the root. */
  readonly rootPath: string;
  /** The query as it arrived, without the question mark. `new URLSearchParams(scope.queryString)` reads it. */
  readonly queryString: string;
  /** The request's method: `"GET"` for a WebSocket; `""` for a worker. */
  readonly method: string;
  /** The version of HTTP it came with: `"1.1"`; `""` for a worker. */
  readonly httpVersion: string;
  /** Header values by lower-case name; values of repeated headers are joined as Node joins them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The subprotocols the client offers, in its order. */
  readonly subprotocols: readonly string[];
  /** The path parameters captured so far, decoded, as text. */
  readonly params: Readonly<Record<string, string>>;
  /** The patterns of the routes taken so far, outermost first. */
  readonly route: readonly string[];
  /** `"ws"`, `"wss"`, `"http"` or `"https"`. */
  readonly scheme: string;
  /** The peer's address as the socket reports it. */
  readonly client: { readonly address: string; readonly port: number } | undefined;
  /** The channel a worker serves; `undefined` for connections. */
  readonly channel: string | undefined;
  /** What the application's `startup` hook returned; the same object for every connection. */
  readonly state: Readonly<Record<string, unknown>>;
}
