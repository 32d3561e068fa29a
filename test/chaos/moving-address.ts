import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../scripts/redis-server.mjs";

/** An address that leads to one server now and to another one later, as a name or a floating address does. */
export class MovingAddress implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;

  /** Use `movingAddress`, which makes it listen. */
  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Leads to another port from now on; connections to the old one end. */
  lead(target: number): void {
    this.#target = target;
    this.#cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#cut();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      // What broke one end, the other hears as its own end.
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Starts an address that leads to a port of this machine. */
export async function movingAddress(target: number): Promise<MovingAddress> {
  const address = new MovingAddress(await freePort(), target);
  await address.listen();
  return address;
}
