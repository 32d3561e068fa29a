import type { Connection } from "../connection/connection.ts";
import type { HttpTarget, IncomingRequest } from "../connection/request.ts";
import type { AnswerHead, AnswerHeaders, Denial, Transport } from "../connection/transport.ts";
import { closeCodes } from "../errors/close-codes.ts";
import type { Batch } from "../outbox/batch.ts";
import type { OutboxTurn } from "../outbox/turn.ts";
import { answerHttp, type HttpApplication } from "./http-answer.ts";

const text = new TextEncoder();
const bodilessStatus: ReadonlySet<number> = new Set([204, 205, 304]);

/** An HTTP request and its answer in memory, under a consumer that answers it. */
export class MemoryRequest implements Transport, IncomingRequest {
  readonly kind = "http";
  readonly turn: OutboxTurn;
  readonly body: AsyncIterable<Uint8Array>;
  isKept = false;
  /** What the consumer answers; its body goes on for as long as the consumer does. */
  readonly answered: Promise<Response>;
  readonly #request: Request;
  #connection: Connection | undefined;
  #answer: (response: Response | Promise<Response>) => void = () => {};
  #fail: (reason: unknown) => void = () => {};
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: string | undefined;

  constructor(turn: OutboxTurn, request: Request) {
    this.turn = turn;
    this.#request = request;
    this.body = piecesOf(request);
    this.answered = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
    request.signal.addEventListener("abort", this.#left);
  }

  get bufferedBytes(): number {
    return Math.max(0, -(this.#body?.desiredSize ?? 0));
  }

  get isCongested(): boolean {
    return (this.#body?.desiredSize ?? 1) <= 0;
  }

  /** Says whose answer it carries. */
  bind(connection: Connection): void {
    this.#connection = connection;
  }

  accept({ status = 200, headers = {}, heartbeat }: AnswerHead): boolean {
    this.#heartbeat = heartbeat;
    const hasBody = !bodilessStatus.has(status) && this.#request.method !== "HEAD";
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#body = controller),
        pull: () => this.#connection?.handleDrain(),
        cancel: () => this.#left(),
      },
      { highWaterMark: 16_384, size: (piece) => piece?.length ?? 0 },
    );
    this.#answer(new Response(hasBody ? body : null, { status, headers: headersOf(headers) }));
    return true;
  }

  deny({ status, body, headers }: Denial): void {
    this.#answer(new Response(body === "" ? `${status}\n` : body, { status, headers }));
  }

  write(batch: Batch): void {
    for (const { payload } of batch.frames())
      this.#body?.enqueue(typeof payload === "string" ? text.encode(payload) : payload);
  }

  close(code: number): void {
    if (code === closeCodes.normal.code || this.#heartbeat !== undefined) this.#body?.close();
    else this.terminate();
  }

  terminate(): void {
    this.#body?.error(new Error("the answer was cut off"));
  }

  ping(): void {}
  pause(): void {}
  resume(): void {}

  handOver(target: HttpTarget): void {
    this.#connection?.handleEnd({ ...closeCodes.normal, cause: "server" });
    this.#answer(answerHttp(target as HttpApplication, this.#request));
  }

  readonly #left = (): void => {
    this.#connection?.handleEnd({ ...closeCodes.abnormal, cause: "client" });
    this.#fail(this.#request.signal.reason);
  };
}

async function* piecesOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) yield piece.value;
}

function headersOf(headers: AnswerHeaders): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one])),
  );
}
