import { SolentError } from "@solent/core/errors";
import type { RedisServer } from "../connection/redis-server.ts";
import type { Script } from "../connection/script.ts";
import { unavailable } from "../connection/unavailable.ts";
import { type Attempt, readAttempts } from "./publication.ts";

/** Where the servers of partitions are. */
export interface ScriptRoutes {
  /** The server of a partition now; `undefined` while that is not known. */
  serverOf(partition: number): RedisServer | undefined;
  /** The server that has a partition too while another list of servers replaces the one before. */
  secondOf(partition: number): RedisServer | undefined;
  /** The server at an address that an ASK named. */
  serverAt(address: string): RedisServer | undefined;
  lookAgain(): void;
}

/** One call of a script. */
export interface ScriptCall {
  readonly script: Script;
  readonly partition: number;
  readonly keys: readonly string[];
  readonly values: readonly (string | Buffer)[];
  /** Whether to do it twice is the same as to do it once: then it is tried again also when it is not known what became of it. */
  readonly isRepeatable: boolean;
  /** The only server that it may go to; the one of the partition where not given. */
  readonly server?: RedisServer | undefined;
  /** When it is given up, on the clock of `performance.now`; where not given, when the time of all calls is over. */
  readonly dueAtMs?: number | undefined;
  /** Told when a server refuses it, for an operator: where nobody else hears of that. */
  readonly onRefused?: ((problem: Error) => void) | undefined;
}

/** What a script answers: texts and bytes. */
export type ScriptAnswer = readonly Buffer[];

// What can be done at once is: this is for what a server must do first.
const retryPauseMs = 20;

/** Calls scripts, each until it is done or its time is over, by the rules by which messages are published. */
export class ScriptCalls {
  readonly #routes: ScriptRoutes;
  readonly #timeoutMs: number;
  readonly #pauses = new Set<() => void>();
  readonly #flying = new Set<Promise<unknown>>();
  #closed: SolentError | undefined;

  /** @param timeoutMs how long a call may wait to be done. */
  constructor(routes: ScriptRoutes, timeoutMs: number) {
    this.#routes = routes;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Calls a script.
   *
   * @throws {SolentError} LAYER_UNAVAILABLE when it surely was not done; LAYER_UNCERTAIN; LAYER_CLOSED.
   */
  async run(call: ScriptCall): Promise<ScriptAnswer> {
    const { dueAtMs = performance.now() + this.#timeoutMs } = call;
    let isUncertain = false;
    let askServer: string | undefined;
    for (;;) {
      if (this.#closed !== undefined) throw isUncertain ? new SolentError("LAYER_UNCERTAIN") : this.#closed;
      const server = this.#serverFor(call, askServer);
      const attempt = server && (await this.#attempt(server, call, askServer !== undefined));
      if (attempt !== undefined && "answer" in attempt) return attempt.answer;
      if (attempt?.outcome === "refused") {
        call.onRefused?.(new Error(attempt.message));
        throw isUncertain ? new SolentError("LAYER_UNCERTAIN") : unavailable(attempt.message);
      }
      if (attempt?.outcome === "uncertain" && !call.isRepeatable) throw new SolentError("LAYER_UNCERTAIN");
      isUncertain ||= attempt?.outcome === "uncertain";
      if (performance.now() >= dueAtMs) throw isUncertain ? new SolentError("LAYER_UNCERTAIN") : this.#late();
      askServer = attempt?.outcome === "retry" ? attempt.askServer : undefined;
      if (attempt?.outcome === "retry" && server !== undefined) await this.#seeTo(server, attempt);
      else await this.#pause();
    }
  }

  /** Something has changed: what waits is tried again. */
  look(): void {
    for (const end of this.#pauses) end();
  }

  /** Resolves when what is with a server now is answered. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#flying);
  }

  close(reason: SolentError): void {
    this.#closed ??= reason;
    this.look();
  }

  #serverFor(call: ScriptCall, askServer: string | undefined): RedisServer | undefined {
    if (askServer !== undefined) return this.#routes.serverAt(askServer);
    return call.server ?? this.#routes.serverOf(call.partition);
  }

  async #attempt(
    server: RedisServer,
    { script, keys, values }: ScriptCall,
    isAsking: boolean,
  ): Promise<Attempt | { readonly answer: ScriptAnswer } | undefined> {
    const redis = server.commands;
    if (redis === undefined) return undefined;
    // One write, so that nothing comes between the announcement and the call.
    const asking = isAsking ? redis.asking() : undefined;
    const answered = redis.callBuffer("EVALSHA", script.sha, keys.length, ...keys, ...values) as Promise<
      Buffer | ScriptAnswer
    >;
    this.#flying.add(answered);
    try {
      const [, answer] = await Promise.all([asking, answered]);
      if (!Buffer.isBuffer(answer)) return { answer };
      const refusal = answer.toString();
      return readAttempts(null, refusal.startsWith("-") ? refusal : `-${refusal}`, 1)[0];
    } catch (error) {
      return readAttempts(error as Error, null, 1)[0];
    } finally {
      this.#flying.delete(answered);
    }
  }

  // What has to be done before the next attempt can succeed.
  async #seeTo(server: RedisServer, { cause, askServer }: Attempt & { outcome: "retry" }): Promise<void> {
    if (cause === "script" && server.commands !== undefined) {
      await server.loadScripts(server.commands).catch(() => undefined);
    } else if (askServer === undefined) {
      if (cause === "role") server.drop("the server has become a replica");
      if (cause === "moved") this.#routes.lookAgain();
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, retryPauseMs);
      this.#pauses.add(end);
    });
  }

  #late(): SolentError {
    return unavailable(`Redis could not be written to within ${this.#timeoutMs} ms`);
  }
}
