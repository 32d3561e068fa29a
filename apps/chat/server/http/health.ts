import type { IncomingMessage, ServerResponse } from "node:http";
import type { Database } from "../database/database.ts";
import { type Answer, problem, sendAnswer } from "./answer.ts";

/** What readiness depends on. */
export interface HealthParts {
  readonly database: Database;
  readonly isStopping: () => boolean;
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
    sendAnswer(response, isRead(request) ? { status: 200, body: { status: "ok" } } : readOnly);
  }

  /** Answers one request for `/readyz`. */
  async ready(request: IncomingMessage, response: ServerResponse): Promise<void> {
    sendAnswer(response, isRead(request) ? await this.#readiness() : readOnly);
  }

  async #readiness(): Promise<Answer> {
    if (this.#parts.isStopping()) return problem(503, "The server is stopping.");
    try {
      await this.#parts.database.selectFrom("settings").select("name").limit(1).execute();
    } catch {
      return problem(503, "The database does not answer.");
    }
    return { status: 200, body: { status: "ok" } };
  }
}

const readOnly = problem(405, "This takes GET.", { allow: "GET, HEAD" });

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}
