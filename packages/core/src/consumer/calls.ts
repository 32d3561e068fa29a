import { SolentError } from "../errors/solent-error.ts";

interface Waiting {
  readonly type: string;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: SolentError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The calls of one connection that wait for the peer's answer. */
export class Calls {
  readonly #maxOpen: number;
  readonly #timeoutMs: number;
  readonly #changed: (isWaiting: boolean) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @param changed told when the first call begins to wait, and when the last has ended. */
  constructor(limits: { maxOpenCalls: number; callTimeoutMs: number }, changed: (isWaiting: boolean) => void) {
    this.#maxOpen = limits.maxOpenCalls;
    this.#timeoutMs = limits.callTimeoutMs;
    this.#changed = changed;
  }

  /**
   * Opens a call; `send` is given the id its frame must carry.
   *
   * @throws {SolentError} CALL_TOO_MANY at once; CALL_UNANSWERED and CALL_FAILED through the promise.
   */
  open(type: string, send: (id: number) => void): Promise<unknown> {
    if (this.#waiting.size >= this.#maxOpen) throw new SolentError("CALL_TOO_MANY", { limit: this.#maxOpen });
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const late = { type, cause: `no answer within ${this.#timeoutMs} ms` };
      const timer = setTimeout(() => this.fail(id, new SolentError("CALL_UNANSWERED", late)), this.#timeoutMs);
      this.#waiting.set(id, { type, resolve, reject, timer });
      if (this.#waiting.size === 1) this.#changed(true);
      send(id);
    });
  }

  /** The type of a call that waits, if it does. */
  typeOf(id: number): string | undefined {
    return this.#waiting.get(id)?.type;
  }

  answer(id: number, data: unknown): void {
    this.#take(id)?.resolve(data);
  }

  fail(id: number, error: SolentError): void {
    this.#take(id)?.reject(error);
  }

  /** Fails everything that waits: the connection has ended. */
  end(): void {
    for (const [id, { type }] of this.#waiting) {
      this.fail(id, new SolentError("CALL_UNANSWERED", { type, cause: "the connection ended" }));
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (this.#waiting.size === 0) this.#changed(false);
    return waiting;
  }
}
