import WebSocket from "ws";
import type { RunningChat } from "./running-chat.ts";

/** What a frame may hold, as far as the tests look. */
export interface Frame {
  readonly type?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly re?: number;
  readonly error?: Readonly<Record<string, unknown>>;
}

/** A connection by hand: frames in and out as they are, with no page that keeps to the rules. */
export class RawSocket implements AsyncDisposable {
  /** Every frame that ever arrived, as text. */
  readonly received: string[] = [];
  /** The close code, once it is over. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #unread: Frame[] = [];
  #arrived: (() => void) | undefined;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    void this.closed.then(() => this.#arrived?.());
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      this.received.push(text);
      this.#unread.push(JSON.parse(text) as Frame);
      this.#arrived?.();
    });
  }

  /** Opens one with a `Cookie` header, if any. @throws when the handshake is denied. */
  static async open({ url }: Pick<RunningChat, "url">, path: string, cookie: string): Promise<RawSocket> {
    const socket = new WebSocket(url.replace("http", "ws") + path, { headers: { cookie } });
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return raw;
  }

  /** Sends a frame; text goes as it is. */
  send(frame: object | string): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next message of a type, or the next complaint for "error"; what came before it is skipped. */
  async next(type: string): Promise<Frame> {
    const at = await this.#find((frame) => frame.type === type || (type === "error" && frame.error !== undefined));
    return this.#unread.splice(0, at + 1).at(-1) ?? {};
  }

  /** Asks, and waits for the answer: its data, or the error instead. What came before it is still there to be read. */
  async ask(type: string, data?: object): Promise<unknown> {
    const id = ++this.#lastId;
    this.send({ type, id, ...(data === undefined ? {} : { data }) });
    const at = await this.#find(({ re }) => re === id);
    const [answer] = this.#unread.splice(at, 1);
    return answer?.error === undefined ? answer?.data : { error: answer.error };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  async #find(matches: (frame: Frame) => boolean): Promise<number> {
    for (;;) {
      const at = this.#unread.findIndex((frame) => matches(frame));
      if (at >= 0) return at;
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error("It was closed.");
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

/** How a handshake is denied: its HTTP status. @throws when it is not. */
export async function denialOf(
  { url }: RunningChat,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const socket = new WebSocket(url.replace("http", "ws") + path, { headers });
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode);
      socket.terminate();
    });
    socket.once("open", () => {
      socket.terminate();
      reject(new Error("it was let in"));
    });
    socket.on("error", () => undefined);
  });
}
