import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a proxy lets through. */
export interface OldProxyOptions {
  /** Whether answers are handed on as they come, or each when all of it is there. */
  readonly collectsAnswers?: boolean;
}

/** A proxy in front of a chat that has never heard of WebSockets, as companies have. */
export class OldProxy implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(
    chat: { readonly url: string },
    { collectsAnswers = false }: OldProxyOptions = {},
  ): Promise<OldProxy> {
    const target = new URL(chat.url);
    const server = createServer((incoming, outgoing) => {
      const { method, url: path, headers } = incoming;
      // It knows no upgrade: what it asks for is a page.
      const { upgrade: _, connection: __, ...rest } = headers;
      const { hostname: host, port } = target;
      const up = request({ host, port, method, path, headers: rest }, (answer) => {
        if (collectsAnswers) {
          const pieces: Buffer[] = [];
          answer.on("data", (piece: Buffer) => pieces.push(piece));
          answer.on("end", () =>
            outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(pieces)),
          );
        } else {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
          answer.pipe(outgoing);
        }
        answer.on("error", () => outgoing.destroy());
      });
      up.on("error", () => outgoing.destroy());
      outgoing.on("close", () => up.destroy());
      incoming.pipe(up);
    });
    // The browser believes that nobody is there.
    server.on("upgrade", (_, socket) => socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new OldProxy(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
