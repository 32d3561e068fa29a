import { SolentError } from "../errors/solent-error.ts";
import { Alarm } from "../internal/alarm.ts";
import { type Deferred, deferred } from "../internal/deferred.ts";

/** How a call ended at the other node: `"ok"`, or the code of what went wrong. */
export type CallOutcome =
  | "ok"
  | "CHANNEL_FULL"
  | "CHANNEL_UNREACHABLE"
  | "LAYER_BUSY"
  | "LAYER_UNAVAILABLE"
  | "LAYER_UNCERTAIN"
  | "LAYER_CLOSED";

const outcomes: ReadonlySet<unknown> = new Set<CallOutcome>([
  "ok",
  "CHANNEL_FULL",
  "CHANNEL_UNREACHABLE",
  "LAYER_BUSY",
  "LAYER_UNAVAILABLE",
  "LAYER_UNCERTAIN",
  "LAYER_CLOSED",
]);

/** Reads an outcome that came over the wire; what a newer node says in words of its own is uncertain to us. */
export function outcomeOf(value: unknown): CallOutcome {
  return outcomes.has(value) ? (value as CallOutcome) : "LAYER_UNCERTAIN";
}

interface Call {
  readonly answer: Deferred<CallOutcome>;
  readonly dueAtMs: number;
}

/** Questions to other nodes that wait for an answer: numbered, bounded, each with a deadline. */
export class Calls {
  readonly #timeoutMs: number;
  readonly #limit: number;
  // In the order of their numbers, which is the order of their deadlines.
  readonly #open = new Map<number, Call>();
  readonly #alarm = new Alarm(() => this.#expire());
  #last = 0;

  constructor(timeoutMs: number, limit: number) {
    this.#timeoutMs = timeoutMs;
    this.#limit = limit;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Opens a call.
   *
   * @throws {SolentError} LAYER_BUSY when too many are open.
   */
  open(): { readonly number: number; readonly answer: Promise<CallOutcome> } {
    if (this.#open.size >= this.#limit) {
      throw new SolentError("LAYER_BUSY", { what: "calls to other nodes", limit: this.#limit });
    }
    this.#last += 1;
    const call: Call = { answer: deferred(), dueAtMs: performance.now() + this.#timeoutMs };
    this.#open.set(this.#last, call);
    this.#alarm.within(this.#timeoutMs);
    return { number: this.#last, answer: call.answer.promise };
  }

  /** Answers a call. One that is answered already, or that never was, is ignored. */
  settle(number: unknown, outcome: CallOutcome): void {
    const call = this.#open.get(number as number);
    if (call === undefined) return;
    this.#open.delete(number as number);
    call.answer.resolve(outcome);
  }

  /** Ends a call that could not even be asked. */
  fail(number: number, error: unknown): void {
    const call = this.#open.get(number);
    this.#open.delete(number);
    call?.answer.reject(error);
  }

  close(): void {
    this.#alarm.stop();
    for (const number of this.#open.keys()) this.settle(number, "LAYER_CLOSED");
  }

  #expire(): void {
    const now = performance.now();
    for (const [number, call] of this.#open) {
      if (call.dueAtMs > now) {
        this.#alarm.within(call.dueAtMs - now);
        return;
      }
      this.settle(number, "LAYER_UNCERTAIN");
    }
  }
}
