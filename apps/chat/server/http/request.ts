import type { IncomingMessage } from "node:http";

/** The path of a request, without its query. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, "");
}

/**
 * Whether a request comes from the chat's own page, or from a program.
 *
 * Browsers send both headers, and no page can forge them; programs without them carry no cookie that is not their own.
 */
export function isOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** The body of a request; `undefined` when it is longer than that, or breaks off. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Left as it is where the loop ends early: a destroyed request takes the socket with it, and the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) return undefined;
      chunks.push(chunk);
    }
  } catch (error) {
    // The client has gone: nobody reads the answer, whatever it is.
    if (request.errored === null && !request.destroyed) throw error;
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a text of JSON holds; `undefined` for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
