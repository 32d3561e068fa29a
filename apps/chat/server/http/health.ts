import type { IncomingMessage, ServerResponse } from "node:http";
import type { Database } from "../database/database.ts";
import { type Answer, problem, sendAnswer } from "./answer.ts";

/** What readiness depends on. */
export interface HealthParts {
  readonly database: Database;
  readonly isStopping: () => boolean;
  /** Whether what one says here reaches the other nodes. */
  readonly isConnected: () => boolean;
}

/**
 * Answers those who watch over the process.
 *
 * `/healthz` says that it runs: if not, start it anew. `/readyz` says that it can serve: if not, send people elsewhere.
 */
export class Health {
  readonly #parts: HealthParts;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** Answers one request for `/healthz`. */
  live(request: IncomingMessage, response: ServerResponse): void {
    sendAnswer(response, isRead(request) ? this.#liveness() : readOnly);
  }

  /** Answers one request for `/readyz`. */
  async ready(request: IncomingMessage, response: ServerResponse): Promise<void> {
    sendAnswer(response, isRead(request) ? await this.#readiness() : readOnly);
  }

  // Another process would find Redis away too: this one waits for it, and keeps its people.
  #liveness(): Answer {
    const problems = this.#parts.isConnected() ? {} : { problem: redisAway };
    return { status: 200, body: { status: "ok", ...problems } };
  }

  async #readiness(): Promise<Answer> {
    if (this.#parts.isStopping()) return problem(503, "The server is stopping.");
    try {
      await this.#parts.database.selectFrom("settings").select("name").limit(1).execute();
    } catch {
      return problem(503, "The database does not answer.");
    }
    if (!this.#parts.isConnected()) return problem(503, redisAway);
    return { status: 200, body: { status: "ok" } };
  }
}

const redisAway = "Redis does not answer.";
const readOnly = problem(405, "This takes GET.", { allow: "GET, HEAD" });

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}
