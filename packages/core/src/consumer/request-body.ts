import { SolentError } from "../errors/solent-error.ts";

/** What a body is read from, and for whom. */
export interface RequestBodyParts {
  readonly source: AsyncIterable<Uint8Array>;
  readonly maxBytes: number;
  /** Fires when the client leaves. */
  readonly signal: () => AbortSignal;
}

/**
 * The body of a request: read in pieces as they arrive, or whole.
 *
 * Reading fails with BODY_INVALID when it is larger than the class's `maxBodyBytes`, and with the signal's reason when the client
 * leaves. A `handle` that lets either go needs to do nothing about it.
 */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #parts: RequestBodyParts;
  #isRead = false;

  /** @internal */
  constructor(parts: RequestBodyParts) {
    this.#parts = parts;
  }

  /**
   * The pieces as they arrive. The client is read no faster than they are taken.
   *
   * @throws {SolentError} BODY_INVALID, CONSUMER_STATE when it is read a second time.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isRead) throw new SolentError("CONSUMER_STATE", { call: "body", state: "open, and it was read before" });
    this.#isRead = true;
    const { source, maxBytes, signal } = this.#parts;
    let bytes = 0;
    try {
      for await (const piece of source) {
        bytes += piece.length;
        if (bytes > maxBytes) throw invalid(413, `it is larger than ${maxBytes} bytes`);
        yield piece;
      }
    } catch (error) {
      signal().throwIfAborted();
      throw error;
    }
  }

  /** All of it. @throws {SolentError} as reading in pieces does. */
  async bytes(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this) {
      pieces.push(piece);
      length += piece.length;
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** All of it as text. @throws {SolentError} BODY_INVALID also for what is no UTF-8. */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw invalid(400, "it is not UTF-8");
    }
  }

  /** All of it as JSON; nothing is known of its shape. @throws {SolentError} BODY_INVALID also for what is no JSON. */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch {
      throw invalid(400, "it is not JSON");
    }
  }
}

function invalid(status: 400 | 413, rule: string): SolentError {
  return new SolentError("BODY_INVALID", { status, rule });
}
