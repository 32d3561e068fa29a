import { Frame, messageFrame } from "../outbox/frame.ts";
import { solentV1 } from "../connection/subprotocol.ts";
import type { AcceptOptions } from "../connection/transport.ts";
import { validate } from "../contract/schema.ts";
import type { ContractTables, MessageEntry } from "../contract/tables.ts";
import { closeCodes } from "../errors/close-codes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { Calls } from "./calls.ts";
import type { Arrival } from "./consumer-base.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";
import { ReceivedFrame } from "./received-frame.ts";
import { type Admission, requireAccepted, SocketConsumer } from "./socket-consumer.ts";

/** A WebSocket consumer that speaks its contract's messages, in envelopes. Made by `WebSocketConsumer.of(contract)`. */
export class ContractConsumer extends SocketConsumer {
  /** The same class, for which routers demand these scope keys. */
  static needs(): typeof ContractConsumer {
    return this;
  }

  #calls: Calls | undefined;
  #badFrames = 0;
  #questions: Set<number> | undefined;

  /** Called for each valid message of `toServer`, one at a time, in order. @default ignores it */
  receive(_frame: ReceivedFrame): void | Promise<void> {}

  /**
   * Accepts the connection, with the subprotocol `solent.v1` where the client offers it.
   *
   * @throws {SolentError} CONSUMER_STATE when it was decided before or the peer has gone.
   */
  override accept(options: Omit<AcceptOptions, "subprotocol"> = {}): Admission {
    const runner = this["~runner"];
    const isV1 = runner.scope.subprotocols.includes(solentV1);
    const admission = super.accept(isV1 ? { ...options, subprotocol: solentV1 } : options);
    if (isV1) {
      const { heartbeatIntervalMs } = runner.environment.limits;
      this.#ship({ solent: 1, session: runner.link.id, heartbeatMs: heartbeatIntervalMs });
    }
    return admission;
  }

  /**
   * Sends a message of `toClient`. Never waits; nothing happens once the connection has ended.
   *
   * What passes on an event is encoded once for all members that do so.
   *
   * @throws {SolentError} CONSUMER_STATE before the connection is accepted; in development CONTRACT_MISMATCH when the data
   *   does not fit its schema.
   */
  send(type: string, data?: unknown): void {
    const { link, environment } = this["~runner"];
    requireAccepted(link.state);
    const entry = this.#outgoing(type);
    if (environment.isDevelopment) checkOutgoing(entry, data);
    const key =
      entry.key === undefined || entry.delivery !== "latest" ? undefined : (data as Record<string, unknown>)[entry.key];
    const shipping = entry.delivery === undefined ? undefined : { delivery: entry.delivery, key, type };
    link.send(messageFrame(type, data, link.lane), shipping);
  }

  /**
   * Asks the client; resolves with its answer, which never waits behind other frames.
   *
   * @throws {SolentError} CALL_FAILED, CALL_UNANSWERED, CALL_TOO_MANY, CONTRACT_MISMATCH
   */
  async call(type: string, data?: unknown): Promise<unknown> {
    const { link, environment } = this["~runner"];
    requireAccepted(link.state);
    const entry = this.#outgoing(type);
    if (link.state === "closed") throw new SolentError("CALL_UNANSWERED", { type, cause: "the connection ended" });
    if (environment.isDevelopment) checkOutgoing(entry, data);
    return this.#openCalls().open(type, (id) => this.#ship(data === undefined ? { type, id } : { type, id, data }));
  }

  #openCalls(): Calls {
    if (this.#calls === undefined) {
      const runner = this["~runner"];
      const calls = new Calls(runner.environment.limits, (isWaiting) => runner.awaitPeer(isWaiting));
      this.#calls = calls;
      // At once, and not in `~disconnect`: that waits for the very handlers that wait for these answers.
      runner.signal.addEventListener("abort", () => calls.end(), { once: true });
    }
    return this.#calls;
  }

  /** @internal */
  "~arrival"(payload: string | Uint8Array): Arrival | undefined {
    let id: number | undefined;
    try {
      if (typeof payload !== "string") throw new SolentError("FRAME_BINARY");
      const envelope = readEnvelope(payload);
      if (envelope.kind !== "message") {
        this.#takeAnswer(envelope);
        return undefined;
      }
      if (envelope.id !== undefined) this.#openQuestion(envelope.id);
      id = envelope.id;
      return this.#validated(envelope);
    } catch (error) {
      // A schema that throws is the server's fault, not the client's.
      if (!SolentError.is(error) || error.code === "CONTRACT_ASYNC") throw error;
      this.#complain(error, id);
      return undefined;
    }
  }

  /** @internal */
  "~frame"(arrival: Arrival): unknown {
    const frame = arrival as ReceivedFrame;
    return frame.isCall ? this.#answerCall(frame) : this.receive(frame);
  }

  async #answerCall(frame: ReceivedFrame): Promise<void> {
    try {
      await this.receive(frame);
    } catch (error) {
      frame.breakOff();
      throw error;
    }
    const error = frame.finish();
    if (error !== undefined)
      this["~runner"].environment.logger.error({ consumer: this["~runner"].info.name }, error.message);
  }

  #validated(envelope: Extract<Envelope, { kind: "message" }>): ReceivedFrame {
    const { type, id } = envelope;
    const entry = (this["~runner"].info.tables as ContractTables).toServer.get(type);
    if (entry === undefined) {
      const shown = type.slice(0, 64);
      this["~runner"].tellUnknown("frame", shown);
      throw new SolentError("FRAME_UNKNOWN_TYPE", { type: shown, keys: ["type"] });
    }
    const data = entry.data === undefined ? undefined : checked(entry, envelope.data);
    const { isDevelopment } = this["~runner"].environment;
    const parts = { data, id, isChecked: isDevelopment };
    if (id === undefined) return new ReceivedFrame(entry, parts, noAnswer);
    return new ReceivedFrame(entry, parts, (frame) => {
      this.#questions?.delete(id);
      this.#ship(frame);
    });
  }

  // Bounded by the inbox: a question is answered at the latest when its handler ends.
  #openQuestion(id: number): void {
    const questions = (this.#questions ??= new Set());
    if (questions.has(id)) {
      throw new SolentError("FRAME_INVALID", { rule: `the question ${id} is still open`, keys: ["id"] });
    }
    questions.add(id);
  }

  // Answers never wait for their turn: a handler that awaits one would wait for itself.
  #takeAnswer(envelope: Exclude<Envelope, { kind: "message" }>): void {
    const type = this.#calls?.typeOf(envelope.re);
    if (type === undefined) return;
    const calls = this.#calls as Calls;
    if (envelope.kind === "failure") {
      calls.fail(envelope.re, new SolentError("CALL_FAILED", { type, code: envelope.code.slice(0, 64) }));
      return;
    }
    const { reply } = this.#outgoing(type);
    const result =
      reply === undefined ? { value: undefined } : validate(reply, envelope.data, `toClient.${type}.reply`);
    if (result.issues === undefined) calls.answer(envelope.re, result.value);
    else calls.fail(envelope.re, mismatch(type, result.issues[0]));
  }

  #outgoing(type: string): MessageEntry {
    const { info } = this["~runner"];
    const entry = (info.tables as ContractTables).toClient.get(type);
    if (entry === undefined) {
      throw new SolentError("CONTRACT_INVALID", {
        entry: `toClient.${type}`,
        rule: "the contract has no such message",
      });
    }
    return entry;
  }

  #complain(error: SolentError, id: number | undefined): void {
    const { link, environment } = this["~runner"];
    const path = error.details["keys"] ?? [];
    if (id !== undefined) this.#questions?.delete(id);
    this.#ship({ ...(id === undefined ? {} : { re: id }), error: { code: error.code, path } });
    if (++this.#badFrames < environment.limits.maxBadFrames) return;
    link.close(closeCodes.badFrame.code, closeCodes.badFrame.reason, "error");
  }

  #ship(frame: Readonly<Record<string, unknown>>): void {
    const { link } = this["~runner"];
    const laned = link.lane === 0 ? frame : { ch: link.lane, ...frame };
    link.send(new Frame(JSON.stringify(laned)), undefined);
  }
}

// For frames whose sender waits for nothing, which most are.
function noAnswer(): void {}

function checked(entry: MessageEntry, data: unknown): unknown {
  const result = validate(entry.data as NonNullable<MessageEntry["data"]>, data, `toServer.${entry.type}`);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  throw mismatch(entry.type, issue);
}

function mismatch(type: string, issue: { path: readonly (string | number)[]; message: string }): SolentError {
  const keys = ["data", ...issue.path];
  return new SolentError("CONTRACT_MISMATCH", { type, path: keys.join("."), keys, issue: issue.message });
}

// The check's result is thrown away: what is sent is what was given, with a schema or without.
function checkOutgoing(entry: MessageEntry, data: unknown): void {
  if (entry.data === undefined) return;
  const result = validate(entry.data, data, `toClient.${entry.type}`);
  if (result.issues !== undefined) throw mismatch(entry.type, result.issues[0]);
}
