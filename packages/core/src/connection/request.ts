/** The HTTP request that a link answers. */
export interface IncomingRequest {
  /** The body as it arrives, once. Who does not read on keeps the peer waiting. Fails when the peer leaves. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether it waits for an event and nothing runs for it, so that a server that closes need not wait for its answer. */
  isKept: boolean;
  /** Gives the request to whatever else answers HTTP, as it arrived: the link has ended. */
  handOver(target: HttpTarget): void;
}

/**
 * A Node request listener: an Express app, `fastify.routing`, or a function.
 *
 * Typed by its shape, so that the main entry needs no types of Node.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the request is whatever class the listener's author knows
export type RequestListener = (request: any, response: any) => unknown;

/** Answers requests as the Fetch standard has it: what Hono and others export. */
export interface FetchTarget {
  // oxlint-disable-next-line typescript/no-explicit-any -- Request and Response are of the platform, which is not known here
  fetch(request: any): any;
}

/** What answers HTTP outside of Solent: a Node request listener, or an object with `fetch`. */
export type HttpTarget = RequestListener | FetchTarget;
