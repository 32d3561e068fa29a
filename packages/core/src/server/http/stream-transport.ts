import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { closeCodes } from "../../errors/close-codes.ts";
import type { AnswerHeaders } from "../../connection/transport.ts";
import type { Batch } from "../../outbox/batch.ts";
import { writeBatch } from "../batch-writer.ts";
import { HttpTransport } from "./http-transport.ts";

/**
 * One answer that never ends: Server-Sent Events, or frames.
 *
 * The answer ends with its socket, so its bytes go there as they are, and are the same for all connections.
 */
export class StreamTransport extends HttpTransport {
  #response: ServerResponse | undefined;
  #socket: Duplex | undefined;
  #hasAnswered = false;

  get bufferedBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  get isCongested(): boolean {
    return this.#socket?.writableNeedDrain === true;
  }

  protected begin(opening: ServerResponse, headers: AnswerHeaders, open: Buffer): void {
    const socket = opening.socket as Duplex;
    opening.useChunkedEncodingByDefault = false;
    opening.writeHead(200, { ...headers, connection: "close" });
    opening.flushHeaders();
    opening.on("close", () => this.#closed());
    socket.on("drain", () => this.connection.handleDrain());
    socket.write(this.parts.format.padding);
    socket.write(open);
    this.#response = opening;
    this.#socket = socket;
  }

  write(batch: Batch): void {
    if (this.#socket !== undefined) writeBatch(this.#socket, batch, this.turn.encoder);
  }

  close(code: number, reason: string): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#socket?.write(this.parts.format.close(code, reason));
    this.#socket = undefined;
    response.end();
    // A peer that does not read takes no end either.
    const timer = setTimeout(() => response.destroy(), this.parts.closeTimeoutMs);
    response.once("close", () => clearTimeout(timer));
  }

  terminate(): void {
    this.#response?.destroy();
  }

  ping(): void {
    this.#socket?.write(this.parts.format.ping, (error) => {
      // A page without a way up cannot answer: that its socket takes bytes has to do.
      if (!error && !this.#hasAnswered) this.connection.handlePong();
    });
  }

  // Who has answered once has to answer each.
  override answered(): void {
    this.#hasAnswered = true;
    super.answered();
  }

  protected release(): void {
    this.#response?.end();
  }

  #closed(): void {
    this.#socket = undefined;
    this.parts.onGone();
    this.connection.handleEnd({ code: closeCodes.abnormal.code, reason: "", cause: "error" });
  }
}
