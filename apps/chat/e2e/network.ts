import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { RunningChat } from "./running-chat.ts";

/** Which way something travels. */
export type Direction = "toServer" | "toBrowser";

interface Wire {
  readonly toServer: readonly [from: Socket, to: Socket];
  readonly toBrowser: readonly [from: Socket, to: Socket];
}

/** A way from browsers to the server that fails as networks do: what travels gets stuck, and is lost without a word. */
export class Network implements AsyncDisposable {
  /** Where the chat is, when one goes this way. */
  readonly url: string;
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #held: Direction | undefined;

  private constructor(server: Server, chat: RunningChat) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on("connection", (browser) => this.#carry(browser, connect(chat.port, "localhost")));
  }

  /** Lays one to a chat. */
  static async to(chat: RunningChat): Promise<Network> {
    const server = createServer();
    server.listen(0);
    await once(server, "listening");
    return new Network(server, chat);
  }

  /** From now on nothing arrives that travels in one direction; the other one is well. */
  hold(direction: Direction): void {
    this.#held = direction;
    for (const wire of this.#wires) {
      const [from, to] = wire[direction];
      from.unpipe(to);
      from.pause();
    }
  }

  /** What was held travels on. */
  release(): void {
    if (this.#held === undefined) return;
    for (const wire of this.#wires) {
      const [from, to] = wire[this.#held];
      from.pipe(to);
    }
    this.#held = undefined;
  }

  /** Every connection breaks, and what was held is lost. New ones are well. */
  cut(): void {
    this.#held = undefined;
    for (const { toServer } of this.#wires) for (const socket of toServer) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(browser: Socket, server: Socket): void {
    const wire: Wire = { toServer: [browser, server], toBrowser: [server, browser] };
    this.#wires.add(wire);
    for (const [from, to] of [wire.toServer, wire.toBrowser]) {
      if (this.#held === undefined || wire[this.#held][0] !== from) from.pipe(to);
      // The one is over when the other is; why does not matter.
      from.on("error", () => undefined);
      from.once("close", () => {
        this.#wires.delete(wire);
        to.destroy();
      });
    }
  }
}
