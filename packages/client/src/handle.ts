import type { AnyContract, MessageEntry, Schema } from "@solent/core/contract";
import { Calls } from "./calls.ts";
import { ClientError } from "./client-error.ts";
import { readFrame, type AnswerFrame, type MessageFrame } from "./frame.ts";
import { Listeners } from "./listeners.ts";
import type { ResolvedOptions } from "./options.ts";
import type { CallOptions, Closed, Complaint, RemoteConsumer, SendOptions } from "./remote-consumer.ts";
import { Connection, type ConnectionEnd, type ConnectionState, type StateInfo } from "./socket/connection.ts";
import { Stream } from "./stream.ts";

/** A message of some contract. */
interface Message {
  readonly type: string;
  readonly data: unknown;
}

/** What is the same for every contract. */
type Untyped = Omit<RemoteConsumer<AnyContract>, "send" | "call" | "on" | typeof Symbol.asyncIterator>;

type Checked = { readonly value: unknown } | { readonly path: readonly (string | number)[] };

/** A frame that waits until it is open, with the number of its call if it is one. */
interface Queued {
  readonly text: string;
  readonly call: number | undefined;
}

/** A consumer's handle over a connection of its own. The contract's types are put on by `connect`. */
export class Handle implements Untyped {
  readonly closed: Promise<Closed>;
  readonly #options: ResolvedOptions;
  readonly #contract: AnyContract | undefined;
  readonly #connection: Connection;
  readonly #handlers = new Map<string, Listeners<[data: unknown]>>();
  readonly #stateHandlers = new Listeners<[ConnectionState, StateInfo]>();
  readonly #complaintHandlers = new Listeners<[Complaint]>();
  readonly #streams = new Set<Stream<Message>>();
  readonly #report: (error: unknown) => void;
  readonly #calls: Calls;
  #queue: Queued[] = [];

  constructor(url: string, options: ResolvedOptions, contract: AnyContract | undefined) {
    this.#options = options;
    this.#report = options.onError;
    this.#contract = contract;
    this.#calls = new Calls(options.maxOpenCalls, (id) => {
      this.#queue = this.#queue.filter(({ call }) => call !== id);
    });
    let resolveClosed: (closed: Closed) => void;
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    this.#connection = new Connection(
      { ...options, ...options.reconnect, url },
      {
        received: (text) => this.#received(text),
        changed: (state, info) => this.#changed(state, info),
        ended: (end: ConnectionEnd) => resolveClosed({ ...end, unsentMessages: this.#queue.length }),
        failed: this.#report,
      },
    );
    this.#connection.start();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  send(type: string, data?: unknown, { volatile = false }: SendOptions = {}): void {
    this.#send({ type, data }, volatile);
  }

  async call(type: string, data?: unknown, options: CallOptions = {}): Promise<unknown> {
    const { timeoutMs = this.#options.callTimeoutMs } = options;
    if (this.#calls.isFull) {
      throw new ClientError("CLIENT_QUEUE_FULL", `"${type}" was not sent: too many calls wait for their answers.`);
    }
    return this.#calls.open(type, timeoutMs, (id) => this.#send({ type, id, data }, false));
  }

  #send(message: { readonly type: string; readonly id?: number; readonly data: unknown }, volatile: boolean): void {
    const { type, id } = message;
    const { maxBufferedBytes, maxQueuedMessages } = this.#options;
    const { canSend, state } = this.#connection;
    if (state === "closed") throw new ClientError("CLIENT_CLOSED", `"${type}" was not sent: the connection has ended.`);
    const isFull = canSend
      ? this.#connection.bufferedBytes > maxBufferedBytes
      : this.#queue.length >= maxQueuedMessages;
    if (volatile && (isFull || !canSend)) return;
    if (isFull) {
      throw new ClientError("CLIENT_QUEUE_FULL", `"${type}" was not sent: too much is waiting already.`);
    }
    const queued = { text: JSON.stringify(message), call: id };
    if (canSend) this.#hand(queued);
    else this.#queue.push(queued);
  }

  #hand({ text, call }: Queued): void {
    if (call !== undefined) this.#calls.sent(call);
    this.#connection.send(text);
  }

  on(type: string, handler: (data: never) => unknown): () => void {
    let listeners = this.#handlers.get(type);
    if (listeners === undefined) {
      listeners = new Listeners();
      this.#handlers.set(type, listeners);
    }
    return listeners.add(handler as (data: unknown) => unknown);
  }

  onState(handler: (state: ConnectionState, info: StateInfo) => unknown): () => void {
    return this.#stateHandlers.add(handler);
  }

  onComplaint(handler: (complaint: Complaint) => unknown): () => void {
    return this.#complaintHandlers.add(handler);
  }

  retry(): void {
    this.#connection.retry();
  }

  close(code = 1000, reason = ""): void {
    const isCode = code === 1000 || (Number.isInteger(code) && code >= 3000 && code <= 4999);
    if (!isCode || new TextEncoder().encode(reason).length > 123) {
      throw new ClientError(
        "CLIENT_OPTION",
        "A close code is 1000 or 3000 to 4999, and its reason has at most 123 bytes.",
      );
    }
    this.#connection.close(code, reason);
  }

  [Symbol.asyncIterator](): Stream<Message> {
    const stream = new Stream<Message>(this.#options.maxUnreadMessages, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    if (this.state === "closed") stream.end();
    return stream;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #changed(state: ConnectionState, info: StateInfo): void {
    if (state === "open") {
      for (const queued of this.#queue.splice(0)) this.#hand(queued);
    } else {
      this.#calls.lost();
    }
    if (state === "closed") this.#calls.end();
    this.#stateHandlers.call(this.#report, state, info);
    if (state === "closed") for (const stream of this.#streams) stream.end();
  }

  #received(text: string): void {
    const frame = readFrame(text);
    if (frame === undefined) return;
    if ("error" in frame) {
      const { re, error } = frame;
      if (re !== undefined) return this.#calls.refuse(re, error);
      return this.#complain({ code: error.code, path: error.path, by: "server" });
    }
    if ("re" in frame) return this.#answered(frame);
    if (this.#contract === undefined) this.#deliver(frame.type, frame.data);
    else this.#deliverChecked(frame, this.#contract["~tables"].toClient.get(frame.type));
    // This version answers no questions; saying so spares the server its timeout.
    if (frame.id !== undefined && this.#connection.canSend) {
      this.#connection.send(JSON.stringify({ re: frame.id, error: { code: "FRAME_UNANSWERED" } }));
    }
  }

  #answered({ re, data }: AnswerFrame): void {
    const type = this.#calls.typeOf(re);
    if (type === undefined) return;
    const reply = this.#contract?.["~tables"].toServer.get(type)?.reply;
    if (reply === undefined) return this.#calls.succeed(re, data);
    const checked = check(reply, data);
    if ("value" in checked) this.#calls.succeed(re, checked.value);
    else this.#calls.refuse(re, { code: "CONTRACT_MISMATCH", path: ["data", ...checked.path], data: undefined });
  }

  #deliverChecked({ type, data }: MessageFrame, entry: MessageEntry | undefined): void {
    if (entry === undefined) return this.#complain({ code: "FRAME_UNKNOWN_TYPE", path: ["type"], by: "client", type });
    const checked = entry.data === undefined ? { value: undefined } : check(entry.data, data);
    if ("value" in checked) this.#deliver(type, checked.value);
    else this.#complain({ code: "CONTRACT_MISMATCH", path: ["data", ...checked.path], by: "client", type });
  }

  #deliver(type: string, data: unknown): void {
    this.#handlers.get(type)?.call(this.#report, data);
    for (const stream of this.#streams) stream.push({ type, data });
  }

  #complain(complaint: Complaint): void {
    if (this.#complaintHandlers.size > 0) return this.#complaintHandlers.call(this.#report, complaint);
    const { by, code, path } = complaint;
    this.#report(new ClientError("CLIENT_COMPLAINT", `The ${by} refused a frame: ${code} at "${path.join(".")}".`));
  }
}

function check(schema: Schema, data: unknown): Checked {
  const result = schema["~standard"].validate(data);
  // A promise has no `value` either: contracts are synchronous, and what was not checked is not delivered.
  if ("value" in result) return { value: result.value };
  const [issue] = "issues" in result ? result.issues : [];
  const path = (issue?.path ?? []).map((key) => (typeof key === "object" ? key.key : key));
  return { path: path.map((key) => (typeof key === "number" ? key : String(key))) };
}
