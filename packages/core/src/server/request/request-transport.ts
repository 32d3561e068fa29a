import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection } from "../../connection/connection.ts";
import type { Logger } from "../../connection/logger.ts";
import type { HttpTarget, IncomingRequest } from "../../connection/request.ts";
import type { AnswerHead, Denial } from "../../connection/transport.ts";
import { closeCodes } from "../../errors/close-codes.ts";
import { SolentError } from "../../errors/solent-error.ts";
import type { Batch } from "../../outbox/batch.ts";
import type { OutboxTurn } from "../../outbox/turn.ts";
import { writeBatch } from "../batch-writer.ts";
import type { AskingTransport } from "../connection-server.ts";
import { nodeListener } from "../http-handler.ts";
import { discard } from "../request-body.ts";

/** What carries one HTTP request and its answer. */
export interface RequestTransportParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly turn: OutboxTurn;
  readonly logger: Logger;
}

/** How long the rest of a body may take to arrive that nobody reads. */
const restTimeoutMs = 10_000;

/** One HTTP request and its answer, under a consumer that answers it: the pieces of the answer are its frames. */
export class RequestTransport implements AskingTransport, IncomingRequest {
  readonly kind = "http";
  readonly turn: OutboxTurn;
  readonly body: AsyncIterable<Uint8Array>;
  isKept = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #logger: Logger;
  #connection: Connection | undefined;
  #heartbeat: string | undefined;

  constructor({ request, response, turn, logger }: RequestTransportParts) {
    this.turn = turn;
    // One that is not read to its end is thrown away by `discard`, and not with its connection.
    this.body = request.iterator({ destroyOnReturn: false });
    this.#request = request;
    this.#response = response;
    this.#logger = logger;
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  get isCongested(): boolean {
    return this.#response.writableNeedDrain;
  }

  bind(connection: Connection): void {
    this.#connection = connection;
    this.#response.on("close", this.#closed).on("drain", this.#drained);
  }

  // Node tells of a client that leaves, and of its errors, by the end of the answer.
  catchErrors(): void {}
  watchHandshake(): void {}

  accept({ status = 200, headers = {}, heartbeat }: AnswerHead): boolean {
    const response = this.#response;
    if (response.destroyed) return false;
    try {
      response.writeHead(status, headers);
    } catch (error) {
      throw new SolentError("CONFIG_INVALID", { option: "status or headers", value: status, rule: String(error) });
    }
    this.#heartbeat = heartbeat;
    // With what the turn has to say; a client learns of an answer that is to come.
    setImmediate(() => {
      if (!response.writableEnded && !response.destroyed) response.flushHeaders();
    });
    return true;
  }

  deny({ status, body, headers }: Denial): void {
    this.#response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
    this.#end(body === "" ? `${status}\n` : body);
  }

  write(batch: Batch): void {
    if (!this.#response.destroyed) writeBatch(this.#response, batch, this.turn.encoder);
  }

  // An answer that was cut short must not look whole; an event stream has no end that it could have reached.
  close(code: number): void {
    if (code === closeCodes.normal.code || this.#heartbeat !== undefined) this.#end();
    else this.#response.destroy();
  }

  terminate(): void {
    this.#response.destroy();
  }

  ping(): void {
    if (this.#heartbeat === undefined) this.#connection?.handlePong();
    else
      this.#response.write(this.#heartbeat, (error) => {
        if (!error) this.#connection?.handlePong();
      });
  }

  // Its body is read as it is taken.
  pause(): void {}
  resume(): void {}

  handOver(target: HttpTarget): void {
    this.#response.off("close", this.#closed).off("drain", this.#drained);
    this.#connection?.handleEnd({ ...closeCodes.normal, cause: "server" });
    nodeListener(target, this.#logger)(this.#request, this.#response);
  }

  readonly #closed = (): void => {
    this.#connection?.handleEnd({ ...closeCodes.abnormal, cause: "client" });
  };

  readonly #drained = (): void => {
    this.#connection?.handleDrain();
  };

  #end(text?: string): void {
    this.#response.end(text);
    discard(this.#request, restTimeoutMs);
  }
}
