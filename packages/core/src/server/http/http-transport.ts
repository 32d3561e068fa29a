import type { ServerResponse } from "node:http";
import type { Batch } from "../../outbox/batch.ts";
import type { Connection } from "../../connection/connection.ts";
import type { AcceptOptions, AnswerHeaders, Denial } from "../../connection/transport.ts";
import { closeRowOf } from "../../errors/close-codes.ts";
import { SolentError } from "../../errors/solent-error.ts";
import type { OutboxTurn } from "../../outbox/turn.ts";
import type { AskingTransport } from "../connection-server.ts";
import type { Denials } from "../refusal.ts";
import type { DownFormat } from "./down-format.ts";
import type { PollRequest } from "./requests.ts";

/** What a transport over HTTP is told about itself. */
export interface HttpTransportParts {
  /** The secret name by which its requests find it. */
  readonly id: string;
  /** What applications know it by: `"sse"`, `"stream"`, `"poll"`. */
  readonly kind: string;
  readonly format: DownFormat;
  /** Flushes the outboxes of its format. */
  readonly turn: OutboxTurn;
  readonly denials: Denials;
  /** Headers of every answer to the page that opened it: what CORS asks for. */
  readonly headers: Readonly<Record<string, string>>;
  readonly closeTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  /** Called once, when nothing more can be asked of it. */
  readonly onGone: () => void;
}

/** What a poll is answered with: the whole body, or why there is none. */
export type PollAnswer =
  | { readonly status: 200; readonly body: Buffer }
  /** Another poll has taken its place, or it asks for what was acknowledged, or for nothing that there is; or the connection has ended. */
  | { readonly status: 409 | 410 };

/** Takes the answer of a poll that waits. */
export type PollReply = (answer: PollAnswer) => void;

/** What all ways over HTTP have in common: the request that opens the connection, and whether the way up is open. */
export abstract class HttpTransport implements AskingTransport {
  readonly kind: string;
  readonly turn: OutboxTurn;
  protected readonly parts: HttpTransportParts;
  #opening: ServerResponse | undefined;
  #connection: Connection | undefined;
  #isPaused = false;
  #resumed: (() => void)[] = [];

  constructor(opening: ServerResponse, parts: HttpTransportParts) {
    this.#opening = opening;
    this.parts = parts;
    this.kind = parts.kind;
    this.turn = parts.turn;
  }

  get connection(): Connection {
    return this.#connection as Connection;
  }

  abstract get bufferedBytes(): number;
  abstract get isCongested(): boolean;
  abstract write(batch: Batch): void;
  abstract close(code: number, reason: string): void;
  abstract terminate(): void;
  abstract ping(): void;
  /** Lets go of the requests it holds: the page has closed the connection. */
  protected abstract release(): void;

  /** Begins to carry frames; first goes what says that it is open. */
  protected abstract begin(opening: ServerResponse, headers: AnswerHeaders, open: Buffer): void;

  bind(connection: Connection): void {
    this.#connection = connection;
  }

  catchErrors(): void {
    this.#opening?.on("close", this.#left);
  }

  // Node tells of a client that leaves by itself.
  watchHandshake(): void {}

  accept({ subprotocol, headers = {} }: AcceptOptions): boolean {
    if (subprotocol !== undefined) {
      throw new SolentError("CONFIG_INVALID", {
        option: "subprotocol",
        value: subprotocol,
        rule: "it is one the client offers, or none: over HTTP none is offered",
      });
    }
    const opening = this.#take();
    if (opening.destroyed || opening.socket === null) {
      this.parts.onGone();
      return false;
    }
    const { id, format } = this.parts;
    this.begin(opening, { ...headers, ...format.headers, ...this.parts.headers }, format.open(id));
    return true;
  }

  deny({ status, body, headers }: Denial): void {
    const opening = this.#take();
    this.parts.onGone();
    const row = this.parts.denials === "closeCode" ? closeRowOf(status) : undefined;
    if (row === undefined) {
      opening.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers, ...this.parts.headers });
      opening.end(body === "" ? `${status}\n` : body);
      return;
    }
    opening.writeHead(200, { ...this.parts.format.headers, ...this.parts.headers });
    opening.end(this.parts.format.close(row.code, row.reason));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const resumed = this.#resumed;
    this.#resumed = [];
    for (const go of resumed) go();
  }

  /** Hands frames to the connection in their order; resolves when the last is handed over: a paused connection takes none. */
  async receive(frames: readonly (string | Uint8Array)[]): Promise<void> {
    for (const frame of frames) {
      while (this.#isPaused) await new Promise<void>((resolve) => this.#resumed.push(resolve));
      this.connection.handleMessage(frame);
    }
  }

  /** The page gives a sign of life. */
  answered(): void {
    this.connection.handlePong();
  }

  /**
   * The page asks for what comes after an answer; only where it polls is there one.
   *
   * @returns forgets the poll: its request has ended.
   */
  poll(_request: PollRequest, reply: PollReply): () => void {
    reply({ status: 409 });
    return nothing;
  }

  /** The page has closed the connection. */
  leave(code: number, reason: string): void {
    this.connection.flush();
    this.connection.handleEnd({ code, reason, cause: "client" });
    this.release();
  }

  readonly #left = (): void => {
    if (this.#opening === undefined) return;
    this.parts.onGone();
    this.connection.handleEnd({ code: 1006, reason: "", cause: "client" });
  };

  #take(): ServerResponse {
    const opening = this.#opening as ServerResponse;
    this.#opening = undefined;
    opening.off("close", this.#left);
    return opening;
  }
}

/** For a poll that is answered already. */
export function nothing(): void {}
