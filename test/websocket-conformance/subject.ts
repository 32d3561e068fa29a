import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer, type End } from "@solent/core";
import { serve, type ServeOptions } from "@solent/core/node";
import { Log } from "../support/log.ts";

/** Text, or bytes. */
export type Message = string | Buffer;

/** What the consumer of one connection was told. */
export interface Hearing {
  readonly messages: Message[];
  end: { readonly code: number; readonly reason: string } | undefined;
}

/** A server that is examined. */
export interface Subject extends AsyncDisposable {
  readonly port: number;
  /** What was told to the consumer of a connection, by the query of its path; `undefined` where none was made. */
  hearing(id: string): Hearing | undefined;
  /** How many bytes the server has read from the client at a port; `undefined` once that connection is gone. */
  bytesRead(clientPort: number): number | undefined;
}

/** The sockets of a server, by the port of the client. */
export class OpenSockets {
  readonly #byPort = new Map<number, Socket>();

  add(socket: Socket): void {
    const port = socket.remotePort as number;
    this.#byPort.set(port, socket);
    socket.once("close", () => void this.#byPort.delete(port));
  }

  bytesRead(clientPort: number): number | undefined {
    return this.#byPort.get(clientPort)?.bytesRead;
  }

  destroy(): void {
    for (const socket of this.#byPort.values()) socket.destroy();
  }
}

/** How long a peer may take to answer a close of the server; short, since one case waits for it. */
const closeTimeoutMs = 1_000;

/** `serve` with consumers that say back what they hear, on a port of its own; with a page beside them if it is asked for. */
export async function solent(options: ServeOptions & { hasPage?: boolean } = {}): Promise<Subject> {
  const hearings = new Map<string, Hearing>();

  class Echo extends WebSocketConsumer {
    readonly hearing: Hearing = { messages: [], end: undefined };
    override connect() {
      hearings.set(this.scope.queryString, this.hearing);
      const [first] = this.scope.subprotocols.filter((name) => name.startsWith("echo"));
      return this.accept(first === undefined ? {} : { subprotocol: first });
    }
    override receive(text: string) {
      this.hearing.messages.push(text);
      this.send(text);
    }
    override receiveBinary(bytes: Uint8Array) {
      this.hearing.messages.push(Buffer.from(bytes));
      this.send(bytes);
    }
    override disconnect({ code, reason }: End) {
      this.hearing.end = { code, reason };
    }
  }

  /** Closes when it hears anything. */
  class Closing extends Echo {
    override receive(text: string) {
      this.hearing.messages.push(text);
      this.close(4000, "bye");
    }
  }

  /** Says what no JavaScript string may hold in UTF-8. */
  class Surrogate extends Echo {
    override receive(text: string) {
      this.hearing.messages.push(text);
      this.send("a\ud800b");
    }
  }

  const websocket = new URLRouter([path("/", Echo), path("/closing", Closing), path("/surrogate", Surrogate)]);
  const { hasPage = false, ...serveOptions } = options;
  const app = new ProtocolTypeRouter({ websocket, ...(hasPage ? { http: page } : {}) });
  const server = await serve(app, {
    port: 0,
    host: "127.0.0.1",
    limits: { closeTimeoutMs },
    logger: new Log(),
    ...serveOptions,
  });
  const sockets = new OpenSockets();
  server.http.on("connection", (socket: Socket) => sockets.add(socket));
  return {
    port: server.port,
    hearing: (id) => hearings.get(id),
    bytesRead: (clientPort) => sockets.bytesRead(clientPort),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function page(_request: unknown, response: ServerResponse): void {
  response.end("a page\n");
}
