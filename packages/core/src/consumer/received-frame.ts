import type { MessageEntry } from "../contract/tables.ts";
import { SolentError } from "../errors/solent-error.ts";

/** Sends an answer: the text of a frame without its lane. */
export type Answerer = (frame: Readonly<Record<string, unknown>>) => void;

/** A validated message from the client, and the means to answer it. */
export class ReceivedFrame {
  readonly type: string;
  readonly data: unknown;
  readonly #entry: MessageEntry;
  readonly #id: number | undefined;
  readonly #answer: Answerer;
  #isAnswered = false;

  constructor(entry: MessageEntry, parts: { data: unknown; id: number | undefined }, answer: Answerer) {
    this.type = entry.type;
    this.data = parts.data;
    this.#entry = entry;
    this.#id = parts.id;
    this.#answer = answer;
  }

  /** Whether the client waits for an answer. */
  get isCall(): boolean {
    return this.#id !== undefined;
  }

  /**
   * Answers the client; before or after the handler ends, once. Nothing is sent to a client that asked for no answer.
   *
   * @throws {SolentError} CONSUMER_STATE when it was answered before.
   */
  reply(value: unknown): void {
    this.#settle("reply()", { data: value });
  }

  /** Answers with an error code of the contract, and its data. @throws {SolentError} CONSUMER_STATE when it was answered before. */
  fail(code: string, data?: unknown): void {
    this.#settle("fail()", { error: data === undefined ? { code } : { code, data } });
  }

  /** The handler has ended: acknowledges what needs no reply, and says so when a reply was forgotten. @internal */
  finish(): SolentError | undefined {
    if (this.#isAnswered || this.#id === undefined) return undefined;
    if (this.#entry.reply === undefined) {
      this.#settle("reply()", {});
      return undefined;
    }
    const error = new SolentError("FRAME_UNANSWERED", { type: this.type });
    this.#settle("fail()", { error: { code: error.code } });
    return error;
  }

  /** The handler has failed: the client that waits is told so. @internal */
  breakOff(): void {
    if (!this.#isAnswered) this.#settle("fail()", { error: { code: "HANDLER_FAILED" } });
  }

  #settle(call: string, answer: Readonly<Record<string, unknown>>): void {
    if (this.#isAnswered) throw new SolentError("CONSUMER_STATE", { call, state: "answered" });
    this.#isAnswered = true;
    if (this.#id !== undefined) this.#answer({ re: this.#id, ...answer });
  }
}
