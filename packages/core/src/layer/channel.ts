import { SolentError } from "../errors/solent-error.ts";
import { rejected } from "../internal/deferred.ts";
import type { Message } from "./event.ts";
import { Mailbox, type MailboxOptions } from "./mailbox.ts";
import type { Member, Seat } from "./member.ts";
import type { LayerMessage } from "./message.ts";
import { Readers, type ReceiveOptions } from "./readers.ts";

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

/** A queue with readers: each message goes to one of them, in the order in which they came. */
export class ReaderQueue implements Member {
  readonly name: string;
  readonly #mailbox: Mailbox;
  readonly #readers: Readers<LayerMessage>;
  readonly #emptied: (() => void) | undefined;
  #closed: SolentError | undefined;

  constructor(name: string, options: MailboxOptions, emptied?: () => void) {
    this.name = name;
    // There is no connection to end: "disconnect" becomes the notice at the place of the hole.
    this.#mailbox = new Mailbox(options.overflow === "disconnect" ? { ...options, overflow: "dropNewest" } : options);
    this.#readers = new Readers(name, () => this.#emptied?.());
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
    return this.#readers.hand(message) || this.#mailbox.push(message) === "taken";
  }

  take(options: ReceiveOptions = {}): Promise<LayerMessage> {
    if (this.#closed !== undefined) return rejected(this.#closed);
    if (options.signal?.aborted === true) {
      if (this.#mailbox.size === 0) this.#emptied?.();
      return rejected(options.signal.reason as Error);
    }
    const message = this.#mailbox.shift();
    if (message !== undefined) {
      if (this.#mailbox.size === 0) this.#emptied?.();
      return Promise.resolve(message);
    }
    const refusal =
      this.#readers.refusal(options.timeoutMs) ?? (options.timeoutMs === 0 ? this.#readers.timeout(0) : undefined);
    if (refusal === undefined) return this.#readers.wait(options);
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
    this.#readers.close(reason);
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
