import { SolentError } from "../errors/solent-error.ts";
import { rejected } from "../internal/deferred.ts";
import type { Message } from "./event.ts";
import { Mailbox, type MailboxOptions } from "./mailbox.ts";
import type { Member, Seat } from "./member.ts";
import type { LayerMessage } from "./message.ts";

/** Options of one wait for a message. */
export interface ReceiveOptions {
  /** Gives up when it aborts; the wait rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Gives up after so many milliseconds; 0 takes only what is there. Without it the wait has no end. */
  readonly timeoutMs?: number;
}

/** A channel opened by hand with `layer.newChannel()`. */
export interface Channel extends AsyncDisposable {
  /** The name that reaches it. */
  readonly name: string;
  /** How many messages and notices wait. */
  readonly pending: number;
  /**
   * Takes the next message, as `layer.receive`. Events of groups that were dropped since it is full, or too old, have
   * left a `group.gap` message in their place.
   *
   * @throws {SolentError} CHANNEL_TIMEOUT, LAYER_BUSY with too many readers, CHANNEL_UNREACHABLE when it is closed.
   */
  receive(options?: ReceiveOptions): Promise<Message>;
  /** Leaves all groups and frees the name; waiting readers reject. Harmless when done before. */
  close(): void;
}

/** A message as the original writes it: its type and its fields side by side. */
export function flat(message: LayerMessage): Message {
  return Object.freeze({ ...message.data, type: message.meta.type });
}

interface Reader {
  readonly resolve: (message: LayerMessage) => void;
  readonly reject: (error: unknown) => void;
  readonly stopWaiting: () => void;
}

const maxReaders = 1000;

/** A queue with readers: each message goes to one of them, in the order in which they came. */
export class ReaderQueue implements Member {
  readonly name: string;
  readonly #mailbox: Mailbox;
  // A set keeps the order of insertion and forgets a reader that gave up in constant time.
  readonly #readers = new Set<Reader>();
  readonly #emptied: (() => void) | undefined;
  #closed: SolentError | undefined;

  constructor(name: string, options: MailboxOptions, emptied?: () => void) {
    this.name = name;
    // There is no connection to end: "disconnect" becomes the notice at the place of the hole.
    this.#mailbox = new Mailbox(options.overflow === "disconnect" ? { ...options, overflow: "dropNewest" } : options);
    this.#emptied = emptied;
  }

  get pending(): number {
    return this.#mailbox.size;
  }

  get readers(): number {
    return this.#readers.size;
  }

  deliver(message: LayerMessage): boolean {
    if (this.#closed !== undefined) return false;
    // Readers wait only while the mailbox is empty, so this overtakes nothing.
    for (const reader of this.#readers) {
      this.#readers.delete(reader);
      reader.stopWaiting();
      reader.resolve(message);
      return true;
    }
    return this.#mailbox.push(message) === "taken";
  }

  take(options: ReceiveOptions = {}): Promise<LayerMessage> {
    const { signal, timeoutMs } = options;
    if (this.#closed !== undefined) return rejected(this.#closed);
    if (signal?.aborted === true) {
      if (this.#mailbox.size === 0) this.#emptied?.();
      return rejected(signal.reason as Error);
    }
    const message = this.#mailbox.shift();
    if (message !== undefined) {
      if (this.#mailbox.size === 0) this.#emptied?.();
      return Promise.resolve(message);
    }
    const refusal = this.#refusal(timeoutMs);
    if (refusal === undefined) return this.#wait(signal, timeoutMs);
    this.#emptied?.();
    return rejected(refusal);
  }

  /** Drops what has expired; tells whether anything is left that the layer must keep it for. */
  sweep(): boolean {
    this.#mailbox.dropExpired();
    return this.#mailbox.size > 0 || this.#readers.size > 0;
  }

  clear(): void {
    this.#mailbox.clear();
  }

  close(reason: SolentError): void {
    this.#closed ??= reason;
    this.#mailbox.clear();
    for (const reader of this.#readers) {
      reader.stopWaiting();
      reader.reject(reason);
    }
    this.#readers.clear();
  }

  #refusal(timeoutMs: number | undefined): SolentError | undefined {
    if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= 0x7fff_ffff)) {
      const rule = "a wait is 0 to 2,147,483,647 ms";
      return new SolentError("CONFIG_INVALID", { option: "timeoutMs", value: timeoutMs, rule });
    }
    if (timeoutMs === 0) return new SolentError("CHANNEL_TIMEOUT", { channel: this.name, timeoutMs });
    if (this.#readers.size < maxReaders) return undefined;
    return new SolentError("LAYER_BUSY", { what: `readers of the channel "${this.name}"`, limit: maxReaders });
  }

  #wait(signal: AbortSignal | undefined, timeoutMs: number | undefined): Promise<LayerMessage> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        this.#readers.delete(reader);
        reader.stopWaiting();
        reject(error);
        if (this.#readers.size === 0) this.#emptied?.();
      };
      const aborted = (): void => giveUp(signal?.reason as Error);
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => giveUp(new SolentError("CHANNEL_TIMEOUT", { channel: this.name, timeoutMs })), timeoutMs);
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      const reader: Reader = { resolve, reject, stopWaiting };
      signal?.addEventListener("abort", aborted);
      this.#readers.add(reader);
    });
  }
}

/** The handle that `newChannel` gives: a queue with a seat. */
export class OpenChannel implements Channel {
  readonly #queue: ReaderQueue;
  readonly #seat: Seat;
  readonly #closed: () => void;

  constructor(queue: ReaderQueue, seat: Seat, closed: () => void) {
    this.#queue = queue;
    this.#seat = seat;
    this.#closed = closed;
  }

  get name(): string {
    return this.#queue.name;
  }

  get pending(): number {
    return this.#queue.pending;
  }

  receive(options?: ReceiveOptions): Promise<Message> {
    return this.#queue.take(options).then(flat);
  }

  close(): void {
    this.#seat.close();
    this.#queue.close(new SolentError("CHANNEL_UNREACHABLE", { channel: this.name }));
    this.#closed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
