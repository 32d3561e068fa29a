import type { ServerResponse } from "node:http";
import { closeCodes } from "../../errors/close-codes.ts";
import type { AnswerHeaders } from "../../connection/transport.ts";
import type { Batch } from "../../outbox/batch.ts";
import { joinBatch } from "../batch-writer.ts";
import { batchEvent } from "./event-stream.ts";
import { HttpTransport, nothing, type PollReply } from "./http-transport.ts";
import type { PollRequest } from "./requests.ts";

/** How long a poll waits for something to say. */
const holdMs = 25_000;

/**
 * Long polling: each request is held until there is something to say, and then answered with all of it.
 *
 * Answers are numbered. The next poll says which it has, so one that was lost on the way is answered again: nothing is lost
 * and nothing comes twice.
 */
export class PollTransport extends HttpTransport {
  #reply: PollReply | undefined;
  #number = 0;
  // The last answer, until the next poll says that it has arrived.
  #unread: Buffer | undefined;
  #ready: Buffer[] = [];
  #isClosing = false;
  #isGone = false;
  // Either for how long the poll waits, or for how long there may be none.
  #timer: ReturnType<typeof setTimeout> | undefined;

  get bufferedBytes(): number {
    return this.#ready.reduce((sum, { length }) => sum + length, this.#unread?.length ?? 0);
  }

  get isCongested(): boolean {
    return this.#reply === undefined;
  }

  protected begin(opening: ServerResponse, headers: AnswerHeaders, open: Buffer): void {
    this.#reply = (answer) => {
      if (answer.status !== 200) return;
      opening.writeHead(200, { ...headers, "content-length": String(answer.body.length) });
      opening.end(answer.body);
    };
    this.#ready.push(open);
    this.#answer();
  }

  write(batch: Batch): void {
    this.#ready.push(joinBatch(batch, this.turn.encoder));
    this.#answer();
  }

  close(code: number, reason: string): void {
    this.#isClosing = true;
    this.#ready.push(this.parts.format.close(code, reason));
    this.#answer();
    this.#within(this.parts.closeTimeoutMs, () => this.#gone());
  }

  terminate(): void {
    this.#gone();
    this.#reply?.({ status: 410 });
    this.#reply = undefined;
  }

  protected release(): void {
    this.terminate();
  }

  ping(): void {
    // The next poll is the answer.
    if (this.#reply !== undefined) this.#answer();
  }

  override poll({ after, hold }: PollRequest, reply: PollReply): () => void {
    this.#reply?.({ status: 409 });
    this.#reply = undefined;
    const isRepeated = after === this.#number - 1 && this.#unread !== undefined;
    if (!isRepeated && after !== this.#number) {
      reply({ status: 409 });
      return nothing;
    }
    this.connection.handlePong();
    if (isRepeated) {
      reply({ status: 200, body: this.#unread as Buffer });
      this.#waitForPoll();
      return nothing;
    }
    this.#unread = undefined;
    if (this.#isClosing && this.#ready.length === 0) {
      this.#gone();
      reply({ status: 410 });
      return nothing;
    }
    this.#reply = reply;
    if (this.#ready.length > 0) this.#answer();
    else {
      this.#within(holdMs, () => this.#answer());
      this.connection.handleDrain();
      if (!hold) this.#answer();
    }
    return () => {
      if (this.#reply !== reply) return;
      this.#reply = undefined;
      this.#waitForPoll();
    };
  }

  #answer(): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    this.#reply = undefined;
    this.#number += 1;
    const body = Buffer.concat([batchEvent(this.#number), ...this.#ready]);
    this.#ready = [];
    this.#unread = body;
    this.#waitForPoll();
    reply({ status: 200, body });
  }

  #waitForPoll(): void {
    if (this.#isGone) return;
    if (this.#isClosing) this.#within(this.parts.closeTimeoutMs, () => this.#gone());
    else this.#within(this.parts.heartbeatTimeoutMs, () => this.#lost());
  }

  #within(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
    this.#timer.unref();
  }

  #lost(): void {
    this.#gone();
    this.connection.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause: "timeout" });
  }

  #gone(): void {
    clearTimeout(this.#timer);
    if (this.#isGone) return;
    this.#isGone = true;
    this.parts.onGone();
  }
}
