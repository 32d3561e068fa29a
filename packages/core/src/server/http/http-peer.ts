import type { HttpTransport } from "./http-transport.ts";
import type { SendRequest } from "./requests.ts";

/** Who asks: what a browser says about the page, which no page can change. */
export interface Asker {
  /** The `Origin` header. */
  readonly origin: string | undefined;
  /** The `Sec-Fetch-Site` header. */
  readonly site: string | undefined;
}

/** The status of an answer without a body. */
export type SendStatus = 204 | 409 | 413 | 429;

/** How many requests of one connection may wait for a consumer that does not read. */
const maxWaitingSends = 4;

/** One connection over HTTP as its requests see it. */
export class HttpPeer {
  readonly transport: HttpTransport;
  readonly #opener: Asker;
  readonly #maxFrameBytes: number;
  #next = 1;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(transport: HttpTransport, opener: Asker, maxFrameBytes: number) {
    this.transport = transport;
    this.#opener = opener;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Whether a request comes from the page that opened the connection: who has stolen its name has another origin.
   *
   * A page sends no Origin with a GET to its own server, and one with every POST.
   */
  isOwn({ origin, site }: Asker): boolean {
    if (this.#opener.origin !== undefined) return origin === this.#opener.origin;
    return origin === undefined || site === undefined || site === "same-origin";
  }

  /** Takes frames, each request once and in its order. Resolves when the connection has taken them. */
  async send({ n, frames, isPong, close }: SendRequest): Promise<SendStatus> {
    if (isPong) this.transport.answered();
    if (n > this.#next) return 409;
    if (n === this.#next) {
      if (frames.some((frame) => Buffer.byteLength(frame) > this.#maxFrameBytes)) return 413;
      if (this.#waiting >= maxWaitingSends) return 429;
      this.#next += 1;
      await this.#hand(frames);
    }
    if (close !== undefined) this.transport.leave(close.code, close.reason);
    return 204;
  }

  async #hand(frames: SendRequest["frames"]): Promise<void> {
    const before = this.#last;
    this.#waiting += 1;
    const handed = before.then(() => this.transport.receive(frames));
    this.#last = handed;
    await handed;
    this.#waiting -= 1;
  }
}
