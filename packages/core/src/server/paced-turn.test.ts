import { expect, test } from "vitest";
import { pacedTurn } from "./paced-turn.ts";

function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** In which order things happen after writing that takes so long: the next writing, and what the same turn does besides. */
async function orderAfter(longMs: number): Promise<readonly string[]> {
  const schedule = pacedTurn();
  const order: string[] = [];
  await new Promise<void>((done) =>
    schedule(() => {
      work(longMs);
      done();
    }),
  );
  await new Promise<void>((done) => {
    const happens = (what: string): void => {
      if (order.push(what) === 2) done();
    };
    schedule(() => happens("writing"));
    setImmediate(() => happens("the rest of the turn"));
  });
  return order;
}

const attempts = Array.from({ length: 20 });

test("what a turn collects is written at its end", async () => {
  for (const _ of attempts) expect((await orderAfter(0))[0]).toBe("writing");
});

test("after long writing, what comes next has a moment to become more before it is written", async () => {
  const firsts = [];
  // A process that is held up for longer than the pause sees none.
  for (const _ of attempts) firsts.push((await orderAfter(5))[0]);
  expect(firsts).toContain("the rest of the turn");
});
