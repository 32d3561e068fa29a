import { ClientError, connect, type RemoteConsumer } from "@solent/client";
import { anySocket } from "@solent/client/http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ledger } from "./ledger.ts";
import { until } from "../../support/turns.ts";
import { RunningNodes } from "./running-nodes.ts";

let world: RunningNodes;
beforeAll(async () => {
  world = await RunningNodes.start();
});
beforeEach(() => world.repair());
afterAll(() => world[Symbol.asyncDispose]());

const inFlight = 8;
const before = 60;
const after = 60;

describe.each(["sse", "stream", "poll"] as const)(
  "over %s, when the process that has the connection is killed",
  (transport) => {
    test(
      "the page goes on elsewhere: what was answered is there once, the rest is answered or fails",
      { timeout: 30_000 },
      async () => {
        await using ann = connect<typeof ledger>(`${world.url}/ledger`, {
          WebSocket: anySocket({ transports: [transport] }),
          reconnect: { minDelayMs: 10, maxDelayMs: 50, longDelayMs: 50 },
        });
        const states: string[] = [];
        ann.onState((state) => void states.push(state));
        const { node: pid } = await ann.call("add", { n: 0 });
        const owner = world.nodes.find((node) => node.pid === pid)!;
        const other = world.nodes.find((node) => node.pid !== pid)!;
        await using ben = connect<typeof ledger>(`http://127.0.0.1:${other.port}/ledger`, { WebSocket });
        const heard = { ann: listen(ann), ben: listen(ben) };
        await expect.poll(() => ben.state).toBe("open");

        const work = new Work(ann);
        const done = work.until(() => work.answered.filter(({ node }) => node !== pid).length >= after);
        await until(() => work.answered.length >= before);
        await owner.kill();
        await done;

        expect(states).toEqual(["open", "waiting", "connecting", "open"]);
        expect(work.failed.length).toBeLessThanOrEqual(inFlight);
        expect(work.failed.map(({ code, wasSent }) => ({ code, wasSent }))).toEqual(
          work.failed.map(() => ({ code: "CLIENT_CALL_UNANSWERED", wasSent: true })),
        );
        const mine = work.answered.map(({ n }) => n);
        await expect.poll(() => heard.ben.at(-1)).toBe(mine.at(-1));
        const unsure = work.failed.map(({ n }) => n);
        expect(heard.ben.filter((n) => !unsure.includes(n))).toEqual(mine);
        for (const each of [heard.ann, heard.ben]) expect(each).toEqual([...new Set(each)].toSorted((a, b) => a - b));
      },
    );
  },
);

test("a poll that another node holds is told soon that the process of its connection is gone", async () => {
  const [owner, other] = world.nodes;
  const urlOf = (node: typeof owner): string => `http://127.0.0.1:${node!.port}/ledger`;
  const opened = await (await fetch(`${urlOf(owner)}?~solent=poll`)).text();
  const id = /"id":"([^"]+)"/.exec(opened)?.[1];
  const post = (op: string, body: object) =>
    fetch(`${urlOf(other)}?~solent=${op}`, { method: "POST", body: JSON.stringify({ id, ...body }) });
  const held = post("poll", { after: 1 });
  // It has been carried when these, which begin after it, have been carried one after the other.
  for (let i = 0; i < 3; i += 1) expect((await post("send", { n: 0, pong: true })).status).toBe(204);
  await owner!.kill();
  expect((await held).status).toBe(410);
});

function listen(consumer: RemoteConsumer<typeof ledger>): number[] {
  const heard: number[] = [];
  consumer.on("added", ({ n }) => void heard.push(n));
  return heard;
}

/** Calls without a pause, so many at a time, and writes down what becomes of each. */
class Work {
  /** In their order. */
  readonly answered: { readonly n: number; readonly node: number }[] = [];
  readonly failed: { readonly n: number; readonly code: string; readonly wasSent: boolean | undefined }[] = [];
  readonly #consumer: RemoteConsumer<typeof ledger>;
  #last = 0;

  constructor(consumer: RemoteConsumer<typeof ledger>) {
    this.#consumer = consumer;
  }

  /** Resolves when enough has been done, and nothing is in flight any more. */
  async until(isEnough: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: inFlight }, () => this.#run(isEnough)));
  }

  async #run(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      const n = (this.#last += 1);
      try {
        const { node } = await this.#consumer.call("add", { n });
        this.answered.push({ n, node });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        this.failed.push({ n, code: error.code, wasSent: error.wasSent });
      }
    }
  }
}
