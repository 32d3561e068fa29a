/**
 * The part of the browser's `WebSocket` that is used; the class of the `ws` package and Node's own have it too.
 */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** Opens sockets: the global `WebSocket`, or the class of the `ws` package. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
