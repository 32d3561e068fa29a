import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { personName } from "../contract/words.ts";
import type { People, Person } from "./people.ts";
import type { ChatSession } from "./session.ts";

const maxBodyBytes = 1_024;
const signInForm = z.object({ name: personName });

/** What signing in is made of. */
export interface SessionApiParts {
  readonly people: People;
  readonly session: ChatSession;
  readonly adminName: string;
}

/** The page's answer to "who am I", and every answer of this API. */
interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers `/api/session`: GET tells who is signed in, POST `{ name }` signs in, DELETE signs out.
 *
 * Requests that another site caused are refused, bodies over 1 kB are not read.
 */
export class SessionApi {
  readonly #people: People;
  readonly #session: ChatSession;
  readonly #adminName: string;

  constructor({ people, session, adminName }: SessionApiParts) {
    this.#people = people;
    this.#session = session;
    this.#adminName = adminName;
  }

  /** Answers one request. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await this.#answer(request);
    const text = body === undefined ? "" : JSON.stringify(body);
    response.writeHead(status, {
      ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      ...headers,
    });
    response.end(request.method === "HEAD" ? "" : text);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method = "" } = request;
    if (method === "GET" || method === "HEAD") return this.#told(await this.#who(request));
    if (method !== "POST" && method !== "DELETE") {
      return { ...problem(405, "This takes GET, POST and DELETE."), headers: { allow: "GET, HEAD, POST, DELETE" } };
    }
    if (!isOwnPage(request)) return problem(403, "Another site asked for this.");
    return method === "POST" ? this.#signIn(request) : this.#signOut(request);
  }

  async #signIn(request: IncomingMessage): Promise<Answer> {
    // A form of another site can send anything but this type.
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers["content-type"] ?? "")) {
      return problem(415, "Send application/json.");
    }
    const text = await readBody(request);
    if (text === undefined) return { ...problem(413, "That is too long."), headers: { connection: "close" } };
    const form = signInForm.safeParse(parseJson(text));
    if (!form.success) return problem(400, "A name has 1 to 24 characters that one can see.");
    const person = this.#people.claim(form.data.name, await this.#who(request));
    if (person === "taken")
      return problem(409, `“${form.data.name}” is somebody else at the moment: take another name.`);
    if (person === "full") return problem(503, "There are too many people here: try again later.");
    return { ...this.#told(person), headers: { "set-cookie": await this.#session.issue(person.id) } };
  }

  async #signOut(request: IncomingMessage): Promise<Answer> {
    const person = await this.#who(request);
    if (person !== undefined) this.#people.release(person);
    return { status: 204, headers: { "set-cookie": this.#session.clear() } };
  }

  async #who(request: IncomingMessage): Promise<Person | undefined> {
    const ticket = await this.#session.read(request.headers.cookie);
    return ticket === undefined ? undefined : this.#people.byId(ticket.id);
  }

  #told(person: Person | undefined): Answer {
    const me = person === undefined ? null : { name: person.name, isAdmin: person.isAdmin };
    return { status: 200, body: { me, adminName: this.#adminName } };
  }
}

function problem(status: number, why: string): Answer {
  return { status, body: { problem: why } };
}

// Browsers send both headers, and no page can forge them; programs without them carry no cookie that is not their own.
function isOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
