import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { consoleLogger, type Logger } from "../connection/logger.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { Message } from "../layer/event.ts";
import { ErrorQuota } from "./error-quota.ts";
import type { NodeListener } from "./http-handler.ts";
import { type BodyFailure, discard, readBody } from "./request-body.ts";

/** Options of `publishEndpoint`. */
export interface PublishEndpointOptions {
  /** Where to: a layer of this process, or anything else that sends to groups and channels. */
  readonly to: Pick<ChannelLayer, "groupSend" | "send">;
  /** The secret that every request brings, at least 16 characters; several while one takes the place of another. */
  readonly token: string | readonly string[];
  /** Largest body in bytes. Over it: HTTP 413. @default 1_048_576 */
  readonly maxBodyBytes?: number;
  /** How long a body may take to arrive. Over it: HTTP 408. @default 10_000 */
  readonly bodyTimeoutMs?: number;
  /** How many requests may be under way at a time. Over it: HTTP 503. @default 100 */
  readonly maxRequests?: number;
  /** How many bad requests an address may make in a minute. Over it: HTTP 429. @default 60 */
  readonly maxErrorsPerMinute?: number;
  /** Where failures go that are not the client's. @default console */
  readonly logger?: Logger;
}

type Numbers = Required<
  Pick<PublishEndpointOptions, "maxBodyBytes" | "bodyTimeoutMs" | "maxRequests" | "maxErrorsPerMinute">
>;

const minTokenLength = 16;
const retrySeconds = "1";

/** An answer: its status, what its JSON says, more headers. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A Node request listener by which programs in any language publish: `POST /groups/<name>` and `POST /channels/<name>`.
 *
 * The body is the event in JSON, `{ "type": "chat.message", … }`, and `Authorization: Bearer <token>` is required. The answer is
 * 202 once the layer has taken it, else an error with a `code` of Solent's and a `message`; the guide (from-outside.md) has the list.
 * Mount it in any HTTP server, where only your own programs reach it, and over TLS where the network is not yours.
 *
 * @throws {SolentError} CONFIG_INVALID naming the option and the rule.
 */
export function publishEndpoint(options: PublishEndpointOptions): NodeListener {
  const endpoint = new PublishEndpoint(options);
  return (request, response) => endpoint.handle(request, response);
}

class PublishEndpoint {
  readonly #to: PublishEndpointOptions["to"];
  readonly #digests: readonly Buffer[];
  readonly #limits: Numbers;
  readonly #logger: Logger;
  // Strangers use up nothing of those who have the token and share their address.
  readonly #strangers: ErrorQuota;
  readonly #clients: ErrorQuota;
  #requests = 0;

  constructor(options: PublishEndpointOptions) {
    const { maxBodyBytes = 1_048_576, bodyTimeoutMs = 10_000, maxRequests = 100, maxErrorsPerMinute = 60 } = options;
    this.#to = options.to;
    this.#digests = digestsOf(options.token);
    this.#limits = { maxBodyBytes, bodyTimeoutMs, maxRequests, maxErrorsPerMinute };
    for (const [option, value] of Object.entries(this.#limits)) requirePositive(option, value);
    this.#logger = options.logger ?? consoleLogger;
    this.#strangers = new ErrorQuota(maxErrorsPerMinute);
    this.#clients = new ErrorQuota(maxErrorsPerMinute);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    try {
      const answer = await this.#answer(request);
      if (answer !== undefined) this.#respond(request, response, answer);
    } finally {
      this.#requests -= 1;
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer | undefined> {
    const address = request.socket.remoteAddress ?? "";
    const isKnown = this.#isKnown(request);
    const quota = isKnown ? this.#clients : this.#strangers;
    const waitSeconds = quota.waitSecondsOf(address);
    if (waitSeconds > 0) return failure(429, "too many bad requests", { "retry-after": String(waitSeconds) });
    const answer = isKnown ? await this.#publish(request) : unauthenticated;
    if (answer !== undefined && isClientsFault(answer)) quota.count(address);
    return answer;
  }

  async #publish(request: IncomingMessage): Promise<Answer | undefined> {
    if (this.#requests > this.#limits.maxRequests) {
      return failure(503, "too many requests at a time", { "retry-after": retrySeconds });
    }
    const target = targetOf(request.url ?? "");
    if (target === undefined) return failure(404, "publish with POST /groups/<name> or POST /channels/<name>");
    if (request.method !== "POST") return failure(405, "publish with POST", { allow: "POST" });
    const body = await readBody(request, this.#limits);
    if (body === "gone") return undefined;
    if (typeof body === "string") return bodyFailures[body];
    const message = parse(body);
    if (message === undefined) return failure(400, "the body is no JSON object in UTF-8");
    try {
      if (target.kind === "groups") await this.#to.groupSend(target.name, message);
      else await this.#to.send(target.name, message);
      return accepted;
    } catch (error) {
      return this.#refusal(error);
    }
  }

  #refusal(error: unknown): Answer {
    const status = SolentError.is(error) ? statuses[error.code] : undefined;
    if (!SolentError.is(error) || status === undefined) {
      this.#logger.error({ err: error }, "publishing over HTTP failed");
      return failure(500, "publishing failed");
    }
    const canRetry = status === 503 || status === 429;
    const body = { code: error.code, message: error.message };
    return { status, body, ...(canRetry && { headers: { "retry-after": retrySeconds } }) };
  }

  #respond(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Answer): void {
    discard(request, this.#limits.bodyTimeoutMs);
    if (response.destroyed) return;
    const json = `${JSON.stringify(body)}\n`;
    const length = String(Buffer.byteLength(json));
    const all = {
      "content-type": "application/json",
      "content-length": length,
      "cache-control": "no-store",
      ...headers,
    };
    response.writeHead(status, all).end(json);
  }

  // All are compared, each in constant time: how long it takes tells nothing of any token, not even its length.
  #isKnown({ headers }: IncomingMessage): boolean {
    const given = /^bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (given === undefined) return false;
    const digest = digestOf(given);
    return this.#digests.filter((own) => timingSafeEqual(own, digest)).length > 0;
  }
}

const accepted: Answer = { status: 202, body: { accepted: true } };
const unauthenticated = failure(401, "a valid token is required: Authorization: Bearer <token>", {
  "www-authenticate": "Bearer",
});

const bodyFailures: Readonly<Record<Exclude<BodyFailure, "gone">, Answer>> = {
  large: failure(413, "the body is too large"),
  late: failure(408, "the body did not arrive in time"),
};

const badRequests: ReadonlySet<number> = new Set([400, 401, 404, 405, 408, 413]);

// That a consumer has left is nobody's fault, and what the layer cannot do just now is not the client's.
function isClientsFault({ status, body }: Answer): boolean {
  return badRequests.has(status) && body["code"] !== "CHANNEL_UNREACHABLE";
}

const statuses: Readonly<Record<string, number>> = {
  NAME_INVALID: 400,
  EVENT_INVALID: 400,
  CONTRACT_MISMATCH: 400,
  CHANNEL_UNREACHABLE: 404,
  MESSAGE_TOO_LARGE: 413,
  CHANNEL_FULL: 429,
  LAYER_UNAVAILABLE: 503,
  LAYER_BUSY: 503,
  LAYER_CLOSED: 503,
  LAYER_UNCERTAIN: 504,
};

function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: { message }, headers };
}

function targetOf(url: string): { readonly kind: string; readonly name: string } | undefined {
  const [, kind = "", encoded = ""] = /^\/(groups|channels)\/([^/?#]+)(?:\?.*)?$/.exec(url) ?? [];
  if (kind === "") return undefined;
  try {
    return { kind, name: decodeURIComponent(encoded) };
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

// The layer checks the rest: a message has a type, and its name is one.
function parse(body: Buffer): Message | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

function digestsOf(token: PublishEndpointOptions["token"]): readonly Buffer[] {
  const tokens: readonly unknown[] = typeof token === "string" ? [token] : token;
  const areUsable =
    Array.isArray(tokens) &&
    tokens.length > 0 &&
    tokens.every((each) => typeof each === "string" && each.length >= minTokenLength && each.trim() === each);
  if (areUsable) return (tokens as readonly string[]).map(digestOf);
  throw new SolentError("CONFIG_INVALID", {
    option: "token",
    // A token never appears in an error.
    value: Array.isArray(tokens) ? `a list of ${tokens.length}` : `a value of type ${typeof token}`,
    rule: `it is a text of at least ${minTokenLength} characters without blanks around it, or a list of such texts`,
  });
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function requirePositive(option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31) return;
  throw new SolentError("CONFIG_INVALID", { option, value, rule: "it is a positive integer below 2,147,483,648" });
}
