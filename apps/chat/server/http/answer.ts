import type { ServerResponse } from "node:http";

/** What an HTTP API says: a status, and JSON unless there is nothing to say. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says in a sentence, to people, what was wrong. */
export function problem(status: number, why: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: { problem: why }, headers };
}

/** Sends an answer that nothing on the way keeps. A HEAD gets no body. */
export function sendAnswer(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...(status === 204 ? {} : { "content-length": Buffer.byteLength(text) }),
    "cache-control": "no-store",
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? "" : text);
}
