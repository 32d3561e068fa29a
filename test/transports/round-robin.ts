import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";

/** A proxy in front of several servers: each request goes to the next one, and so does each WebSocket. */
export class RoundRobin implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param ports of the servers that are there; it is looked at for each request. */
  static async before(ports: () => readonly number[]): Promise<RoundRobin> {
    let turn = 0;
    const next = (): number => {
      const all = ports();
      turn += 1;
      return all[turn % all.length] ?? 0;
    };
    const server = createServer((incoming, outgoing) => {
      const { method, url: path, headers } = incoming;
      const up = request({ host: "127.0.0.1", port: next(), method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
        answer.on("error", () => outgoing.destroy()).pipe(outgoing);
      });
      up.on("error", () => outgoing.destroy());
      outgoing.on("close", () => up.destroy());
      incoming.pipe(up);
    });
    server.on("upgrade", (incoming, socket: Socket, head: Buffer) => {
      const up = connect(next(), "127.0.0.1", () => {
        const lines = incoming.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
        up.write(`GET ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
        up.write(head);
        socket.pipe(up).pipe(socket);
      });
      up.on("error", () => socket.destroy());
      socket.on("error", () => up.destroy());
      socket.on("close", () => up.destroy());
      up.on("close", () => socket.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RoundRobin(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
