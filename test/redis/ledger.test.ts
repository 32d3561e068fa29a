import { InMemoryChannelLayer } from "@solent/core";
import { expect, test } from "vitest";
import { faults, Ledger } from "./ledger.ts";
import { Listener } from "./listener.ts";

const gap = { gap: { group: "room", from: undefined, to: undefined, cause: "reconnect" } } as const;
const n = (number: number) => ({ from: "sender", n: number });

// Whoever is to believe that nothing was lost must have seen a loss being found.
test.each([
  ["nothing wrong", ["accepted", "accepted"], [n(1), n(2)], []],
  ["a loss", ["accepted", "accepted", "accepted"], [n(1), n(3)], ["2 is missing, and nobody said so"]],
  ["a loss that was told", ["accepted", "accepted", "accepted"], [n(1), gap, n(3)], []],
  [
    "a loss that was told elsewhere",
    ["accepted", "accepted", "accepted"],
    [gap, n(1), n(3)],
    ["2 is missing, and nobody said so"],
  ],
  ["a loss at the end", ["accepted", "accepted"], [n(1)], ["2 is missing, and nobody said so"]],
  ["a loss at the end that was told", ["accepted", "accepted"], [n(1), gap], []],
  ["twice the same", ["accepted", "accepted"], [n(1), n(1), n(2)], ["1 was heard after 1"]],
  [
    "another order",
    ["accepted", "accepted"],
    [n(2), n(1)],
    ["1 is missing, and nobody said so", "1 was heard after 2"],
  ],
  ["what was refused", ["LAYER_UNAVAILABLE"], [n(1)], ["1 was heard, though it was not sent"]],
  ["what is not known", ["LAYER_UNCERTAIN", "LAYER_UNCERTAIN"], [n(2)], []],
] as const)("the checker of these tests finds %s", async (_, outcomes, heard, found) => {
  await using layer = new InMemoryChannelLayer();
  const ledger = new Ledger(layer, "room");
  ledger.outcomes.push(...outcomes);
  const listener = new Listener(layer);
  listener.heard.push(...heard);
  expect(faults(ledger, listener)).toEqual(found);
});
