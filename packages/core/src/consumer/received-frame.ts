import { type Schema, validate } from "../contract/schema.ts";
import type { MessageEntry } from "../contract/tables.ts";
import { SolentError } from "../errors/solent-error.ts";

/** Sends an answer: the text of a frame without its lane. */
export type Answerer = (frame: Readonly<Record<string, unknown>>) => void;

/** What a frame said, and how its answers are treated. */
export interface ReceivedParts {
  readonly data: unknown;
  readonly id: number | undefined;
  /** Whether answers are checked against the contract. */
  readonly isChecked: boolean;
}

/** A validated message from the client, and the means to answer it. */
export class ReceivedFrame {
  readonly type: string;
  readonly data: unknown;
  readonly #entry: MessageEntry;
  readonly #id: number | undefined;
  readonly #answer: Answerer;
  readonly #isChecked: boolean;
  #isAnswered = false;

  constructor(entry: MessageEntry, parts: ReceivedParts, answer: Answerer) {
    this.type = entry.type;
    this.data = parts.data;
    this.#entry = entry;
    this.#id = parts.id;
    this.#isChecked = parts.isChecked;
    this.#answer = answer;
  }

  /** Whether the client waits for an answer. */
  get isCall(): boolean {
    return this.#id !== undefined;
  }

  /**
   * Answers the client: once, and before the handler ends. Nothing is sent to a client that asked for no answer.
   *
   * @throws {SolentError} CONSUMER_STATE when it was answered before; in development CONTRACT_MISMATCH when the value does
   *   not fit the reply's schema.
   */
  reply(value: unknown): void {
    if (this.#isChecked) this.#check(this.#entry.reply, value, "reply");
    this.#settle("reply()", { data: value });
  }

  /**
   * Answers with an error code of the contract, and its data.
   *
   * @throws {SolentError} CONSUMER_STATE when it was answered before; in development CONTRACT_MISMATCH when the data does
   *   not fit, CONTRACT_INVALID when the contract has no such code.
   */
  fail(code: string, data?: unknown): void {
    if (this.#isChecked) {
      const entry = `toServer.${this.type}.errors.${code}`;
      if (!this.#entry.errors.has(code))
        throw new SolentError("CONTRACT_INVALID", { entry, rule: "there is no such error" });
      this.#check(this.#entry.errors.get(code), data, `errors.${code}`);
    }
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

  #check(schema: Schema | undefined, value: unknown, part: string): void {
    if (schema === undefined) return;
    const { issues } = validate(schema, value, `toServer.${this.type}.${part}`);
    if (issues === undefined) return;
    const [{ path, message }] = issues;
    throw new SolentError("CONTRACT_MISMATCH", { type: this.type, path: [part, ...path].join("."), issue: message });
  }

  #settle(call: string, answer: Readonly<Record<string, unknown>>): void {
    if (this.#isAnswered) throw new SolentError("CONSUMER_STATE", { call, state: "answered" });
    this.#isAnswered = true;
    if (this.#id !== undefined) this.#answer({ re: this.#id, ...answer });
  }
}
