import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { limits } from "../../contract/limits.ts";
import { personName } from "../../contract/words.ts";
import { type Answer, problem, sendAnswer } from "../http/answer.ts";
import { isOwnPage, parseJson, readBody } from "../http/request.ts";
import type { ChatSession } from "./session.ts";
import type { Person } from "./person.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

// Names and passwords at their longest, which JSON may write with six bytes for each UTF-16 unit.
const maxBodyBytes = 4_096;

const signInForm = z.object({
  name: personName,
  password: z.string().min(limits.minPassword).max(limits.maxPassword),
});

const badForm =
  `A name has 1 to ${limits.personName} characters that one can see, ` +
  `a password ${limits.minPassword} to ${limits.maxPassword}.`;

const foreign = problem(403, "Another site asked for this.");

/** What signing in and out is made of. */
export interface SessionApiParts {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly session: ChatSession;
  readonly adminName: string;
  /** The address that a request is counted for. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Hears of a session that was ended by its person; with `undefined`, of all of them. */
  readonly signedOut: (person: Person, session: string | undefined) => Promise<void>;
}

/**
 * Answers `/api/session` and `/api/sessions`.
 *
 * GET tells who is signed in; POST `{ name, password }` signs in, with an account made on first use; DELETE signs out, here
 * or everywhere. What another site's page caused is refused, and of a body no more than 4 kB is read.
 */
export class SessionApi {
  readonly #parts: SessionApiParts;

  constructor(parts: SessionApiParts) {
    this.#parts = parts;
  }

  /** Answers one request for `/api/session`. */
  async one(request: IncomingMessage, response: ServerResponse): Promise<void> {
    sendAnswer(response, await this.#one(request));
  }

  /** Answers one request for `/api/sessions`. */
  async all(request: IncomingMessage, response: ServerResponse): Promise<void> {
    sendAnswer(response, await this.#all(request));
  }

  async #one(request: IncomingMessage): Promise<Answer> {
    const { method } = request;
    if (method === "GET" || method === "HEAD") return this.#told(await this.#who(request));
    if (method !== "POST" && method !== "DELETE") {
      return problem(405, "This takes GET, POST and DELETE.", { allow: "GET, HEAD, POST, DELETE" });
    }
    if (!isOwnPage(request)) return foreign;
    return method === "POST" ? this.#signIn(request) : this.#signOut(request);
  }

  async #all(request: IncomingMessage): Promise<Answer> {
    if (request.method !== "DELETE") return problem(405, "This takes DELETE.", { allow: "DELETE" });
    if (!isOwnPage(request)) return foreign;
    const person = await this.#who(request);
    if (person === undefined) return problem(401, "Sign in first.");
    await this.#parts.sessions.endAll(person.id);
    await this.#parts.signedOut(person, undefined);
    return this.#gone();
  }

  async #signIn(request: IncomingMessage): Promise<Answer> {
    // A form of another site can send anything but this type.
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers["content-type"] ?? "")) {
      return problem(415, "Send application/json.");
    }
    const text = await readBody(request, maxBodyBytes);
    if (text === undefined) return problem(413, "That is too long.", { connection: "close" });
    const form = signInForm.safeParse(parseJson(text));
    if (!form.success) return problem(400, badForm);
    const { signIn, session, addressOf } = this.#parts;
    const result = await signIn.attempt({ ...form.data, address: addressOf(request) });
    if ("refused" in result) return result.refused;
    // A browser has one session: pages that are still here as somebody else must not stay so.
    await this.#endOwn(request);
    const { account, token, isNew } = result;
    return this.#told({ name: account.name, isAdmin: account.isAdmin === 1 }, isNew ? 201 : 200, {
      "set-cookie": await session.issue(token),
    });
  }

  async #signOut(request: IncomingMessage): Promise<Answer> {
    await this.#endOwn(request);
    return this.#gone();
  }

  async #endOwn(request: IncomingMessage): Promise<void> {
    const person = await this.#who(request);
    if (person === undefined) return;
    await this.#parts.sessions.end(person);
    await this.#parts.signedOut(person, person.session);
  }

  async #who({ headers }: IncomingMessage): Promise<Person | undefined> {
    return this.#parts.session.personOf(headers.cookie);
  }

  #gone(): Answer {
    return { status: 204, headers: { "set-cookie": this.#parts.session.clear() } };
  }

  #told(
    person: Pick<Person, "name" | "isAdmin"> | undefined,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): Answer {
    const me = person === undefined ? null : { name: person.name, isAdmin: person.isAdmin };
    return { status, body: { me, adminName: this.#parts.adminName }, headers };
  }
}
