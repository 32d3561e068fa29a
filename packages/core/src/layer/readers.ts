import { SolentError } from "../errors/solent-error.ts";
import { rejected } from "../internal/deferred.ts";

/** Options of one wait for a message. */
export interface ReceiveOptions {
  /** Gives up when it aborts; the wait rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Gives up after so many milliseconds; 0 takes only what is there. Without it the wait has no end. */
  readonly timeoutMs?: number;
}

interface Reader<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly stopWaiting: () => void;
  /** The turn in which it came, for one that only looks. */
  readonly looksSince: number | undefined;
}

const maxReaders = 1000;

/** Readers that wait on one channel, and are served in the order in which they came. */
export class Readers<T> {
  readonly #channel: string;
  readonly #left: () => void;
  // A set keeps the order of insertion and forgets a reader that gave up in constant time.
  readonly #readers = new Set<Reader<T>>();

  /** @param left called when the last reader has given up. */
  constructor(channel: string, left: () => void) {
    this.#channel = channel;
    this.#left = left;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Why a reader cannot wait for so long; `undefined` when it can. */
  refusal(timeoutMs: number | undefined): SolentError | undefined {
    if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= 0x7fff_ffff)) {
      const rule = "a wait is 0 to 2,147,483,647 ms";
      return new SolentError("CONFIG_INVALID", { option: "timeoutMs", value: timeoutMs, rule });
    }
    if (this.#readers.size < maxReaders) return undefined;
    return new SolentError("LAYER_BUSY", { what: `readers of the channel "${this.#channel}"`, limit: maxReaders });
  }

  /** What a reader is told that has waited in vain. */
  timeout(timeoutMs: number): SolentError {
    return new SolentError("CHANNEL_TIMEOUT", { channel: this.#channel, timeoutMs });
  }

  /**
   * Waits for a message.
   *
   * @param turn with `timeoutMs: 0`, the turn now: it waits until `endLooks` of a later one.
   */
  wait({ signal, timeoutMs }: ReceiveOptions, turn = 0): Promise<T> {
    const refusal = this.refusal(timeoutMs);
    if (refusal !== undefined) return rejected(refusal);
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        this.#remove(reader);
        reject(error);
        if (this.#readers.size === 0) this.#left();
      };
      const aborted = (): void => giveUp(signal?.reason as Error);
      const isLook = timeoutMs === 0;
      const timer =
        timeoutMs === undefined || isLook ? undefined : setTimeout(() => giveUp(this.timeout(timeoutMs)), timeoutMs);
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      const reader: Reader<T> = { resolve, reject, stopWaiting, looksSince: isLook ? turn : undefined };
      signal?.addEventListener("abort", aborted);
      this.#readers.add(reader);
    });
  }

  /** Hands a message to the one that has waited longest; tells whether there was one. */
  hand(value: T): boolean {
    for (const reader of this.#readers) {
      this.#remove(reader);
      reader.resolve(value);
      return true;
    }
    return false;
  }

  /** Ends the waits of those that only look, and came before a turn. */
  endLooks(turn: number, reason: unknown = this.timeout(0)): void {
    for (const reader of this.#readers) {
      if (reader.looksSince === undefined || reader.looksSince >= turn) continue;
      this.#remove(reader);
      reader.reject(reason);
    }
  }

  /** Ends all waits. */
  close(reason: SolentError): void {
    for (const reader of this.#readers) {
      this.#remove(reader);
      reader.reject(reason);
    }
  }

  #remove(reader: Reader<T>): void {
    this.#readers.delete(reader);
    reader.stopWaiting();
  }
}
