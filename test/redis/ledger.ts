import type { ChannelLayer } from "@solent/core/layer";
import { SolentError } from "@solent/core/errors";
import { turn } from "../support/turns.ts";
import type { Heard, Listener } from "./listener.ts";

/** What the sender was told about an event: the code of its rejection, or that it was accepted. */
type Outcome = "accepted" | "LAYER_UNAVAILABLE" | "LAYER_UNCERTAIN" | "LAYER_BUSY";

/** One sender to one group, who writes down what became of each event. */
export class Ledger {
  readonly from: string;
  readonly group: string;
  /** By the events' numbers, from 1. */
  readonly outcomes: (Outcome | undefined)[] = [];
  readonly #layer: ChannelLayer;

  constructor(layer: ChannelLayer, group: string, from = "sender") {
    this.#layer = layer;
    this.group = group;
    this.from = from;
  }

  /** How many were sent. */
  get sent(): number {
    return this.outcomes.length;
  }

  /** The numbers of those that were accepted, or of another outcome. */
  numbers(outcome: Outcome = "accepted"): number[] {
    return this.outcomes.flatMap((each, i) => (each === outcome ? [i + 1] : []));
  }

  /** Sends the next event; resolves when its outcome is known. */
  async send(): Promise<Outcome> {
    const n = this.outcomes.push(undefined);
    let outcome: Outcome = "accepted";
    try {
      await this.#layer.groupSend(this.group, { type: "ledger.entry", from: this.from, n });
    } catch (error) {
      if (!SolentError.is(error)) throw error;
      outcome = error.code as Outcome;
    }
    this.outcomes[n - 1] = outcome;
    return outcome;
  }

  /** Sends until something is so, `atOnce` at a time, each after the outcome of the one before it. */
  async sendUntil(isEnough: () => boolean, atOnce = 20): Promise<void> {
    const lane = async (): Promise<void> => {
      while (!isEnough()) {
        await this.send();
        await turn();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }

  /** Sends so many, in turns of `perTurn`. */
  async sendMany(count: number, perTurn = 10): Promise<void> {
    const sends: Promise<Outcome>[] = [];
    for (let i = 0; i < count; i += 1) {
      sends.push(this.send());
      if (i % perTurn === perTurn - 1) await turn();
    }
    await Promise.all(sends);
  }
}

/**
 * Compares what a member has heard with what a sender was told.
 *
 * @returns what is wrong, in a sentence each: heard twice, out of order, though it was refused, or missing without a hole
 *   told at its place.
 */
export function faults(ledger: Ledger, listener: Listener): string[] {
  const found: string[] = [];
  let last = 0;
  let isHole = false;
  const missing = (upTo: number): void => {
    for (let n = last + 1; n < upTo; n += 1) {
      if (ledger.outcomes[n - 1] === "accepted" && !isHole) found.push(`${n} is missing, and nobody said so`);
    }
  };
  for (const each of ledgerPart(ledger, listener.heard)) {
    if ("gap" in each) {
      isHole = true;
      continue;
    }
    if (each.n <= last) found.push(`${each.n} was heard after ${last}`);
    if (ledger.outcomes[each.n - 1] === "LAYER_UNAVAILABLE") found.push(`${each.n} was heard, though it was not sent`);
    missing(each.n);
    last = Math.max(last, each.n);
    isHole = false;
  }
  missing(ledger.sent + 1);
  return found;
}

function ledgerPart(ledger: Ledger, heard: readonly Heard[]): Heard[] {
  return heard.filter((each) => ("gap" in each ? each.gap.group === ledger.group : each.from === ledger.from));
}
