import type { IncomingMessage } from "node:http";

/** How a body is read. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** How long it may take to arrive, in ms. */
  readonly bodyTimeoutMs: number;
}

/** Why there is no body: too large, too slow, or the client has left. */
export type BodyFailure = "large" | "late" | "gone";

/** Reads a request's body, once. What comes after a failure is thrown away as it arrives. */
export function readBody(
  request: IncomingMessage,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
): Promise<Buffer | BodyFailure> {
  if (Number(request.headers["content-length"]) > maxBodyBytes) return Promise.resolve("large");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (outcome: Buffer | BodyFailure): void => {
      clearTimeout(timer);
      request.off("data", take).off("end", finish).off("close", leave);
      resolve(outcome);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) end("large");
      else chunks.push(chunk);
    };
    const finish = (): void => end(Buffer.concat(chunks));
    const leave = (): void => end("gone");
    const timer = setTimeout(() => end("late"), bodyTimeoutMs);
    request.on("data", take).on("end", finish).on("close", leave);
    // Somebody has read it already: a parser that stands before this.
    if (request.readableEnded) finish();
  });
}

/** Lets the rest of a request arrive that nobody reads, so that its client sees the answer; not for ever. */
export function discard(request: IncomingMessage, timeoutMs: number): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), timeoutMs).unref();
  request.once("close", () => clearTimeout(timer));
  request.resume();
}
