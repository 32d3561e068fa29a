import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

/** Values that arrive, taken one by one in order. */
class Arrivals<T> {
  readonly #values: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#values.push(value);
    else taker(value);
  }

  next(): Promise<T> {
    const [value] = this.#values.splice(0, 1);
    return value === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(value);
  }
}

/** The server's end of one connection. */
export class Peer {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  readonly #frames = new Arrivals<unknown>();
  readonly #ends = new Arrivals<{ code: number; reason: string }>();

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    socket.on("message", (bytes: Buffer) => this.#frames.put(JSON.parse(bytes.toString())));
    socket.on("close", (code, reason) => this.#ends.put({ code, reason: reason.toString() }));
  }

  /** The next frame, parsed. */
  next(): Promise<unknown> {
    return this.#frames.next();
  }

  /** How the client closed. */
  ended(): Promise<{ code: number; reason: string }> {
    return this.#ends.next();
  }

  send(...frames: unknown[]): void {
    for (const frame of frames) this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }
}

/** A WebSocket server on a free port that selects `solent.v1` and says hello, as the protocol asks. */
export class TestServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: WebSocketServer;
  readonly #peers = new Arrivals<Peer>();

  constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket, request) => {
      socket.send(JSON.stringify({ solent: 1, session: "s1", heartbeatMs: 25_000 }));
      this.#peers.put(new Peer(socket, request));
    });
  }

  /** The next connection. */
  peer(): Promise<Peer> {
    return this.#peers.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Starts one; with `status`, every handshake is denied with it. */
export async function listen(status?: number): Promise<TestServer> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: () => "solent.v1",
    verifyClient: (_info, decide) => decide(status === undefined, status),
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return new TestServer(server);
}
