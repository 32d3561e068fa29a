import { ClientError } from "./client-error.ts";

type Reader<T> = (result: IteratorResult<T, undefined>) => void;

/** What one async iteration has not read yet: bounded, in order, ended once. */
export class Stream<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #maxUnread: number;
  readonly #left: () => void;
  #unread: T[] = [];
  #readers: Reader<T>[] = [];
  #error: ClientError | undefined;
  #isEnded = false;

  /** `left` is called once, when the stream takes nothing more. */
  constructor(maxUnread: number, left: (stream: Stream<T>) => void) {
    this.#maxUnread = maxUnread;
    this.#left = () => left(this);
  }

  /** Hands over one message. One too many ends the stream: what waits can still be read, then comes the error. */
  push(message: T): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ done: false, value: message });
    if (this.#unread.length < this.#maxUnread) return void this.#unread.push(message);
    this.#error = new ClientError(
      "CLIENT_UNREAD_FULL",
      `An iteration fell ${this.#maxUnread} messages behind and was ended. Read faster, or raise maxUnreadMessages.`,
    );
    this.end();
  }

  /** No message follows. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#left();
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const [message] = this.#unread;
    if (this.#unread.length > 0) {
      this.#unread.shift();
      return Promise.resolve({ done: false, value: message as T });
    }
    const error = this.#error;
    if (error !== undefined) {
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#unread = [];
    this.#error = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
