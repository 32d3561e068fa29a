import { describe, expect, test } from "vitest";
import { makeNodes } from "../../test/two-nodes.ts";
import { ChannelConsumer } from "../consumer/channel-consumer.ts";
import { SolentError } from "../errors/solent-error.ts";
import { deferred } from "../internal/deferred.ts";
import type { EventMeta } from "../layer/message.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { applicationOf } from "./application-of.ts";
import { runWorker, type WorkerOptions } from "./worker.ts";

interface Handled {
  readonly id: number;
  readonly by: string;
  readonly redelivered: boolean;
}

/** Jobs that say by whom they are handled; the job 1 waits for its signal where it is not a second attempt. */
function jobs(by: string, handled: Handled[], started: () => void) {
  return class Jobs extends ChannelConsumer {
    async job_run({ id }: { id: number }, { redelivered }: EventMeta) {
      handled.push({ id, by, redelivered });
      started();
      if (id !== 1 || redelivered || by !== "first") return;
      await new Promise<void>((_, reject) => {
        this.signal.addEventListener("abort", () => reject(this.signal.reason as Error));
      });
    }
  };
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const common = { channels: ["jobs"], delivery: "atLeastOnce", logger: quiet } as const;

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { interval: 5, timeout: 5000 }).toBe(true);
}

describe("a worker that delivers at least once", () => {
  test("handles a message again on another node when the first is cut off while its handler runs", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network, { leaseMs: 200 });
    const handled: Handled[] = [];
    const started = deferred<void>();
    const first = runWorker(applicationOf(jobs("first", handled, started.resolve)), { ...common, layer: here.layer });
    await here.layer.send("jobs", { type: "job.run", id: 1 });
    await started.promise;
    const second = runWorker(applicationOf(jobs("second", handled, () => {})), { ...common, layer: there.layer });
    await there.layer.send("jobs", { type: "job.run", id: 2 });
    await until(() => handled.length === 2);
    here.broker.disconnect();
    await until(() => handled.length === 3);
    expect(handled).toEqual([
      { id: 1, by: "first", redelivered: false },
      { id: 2, by: "second", redelivered: false },
      { id: 1, by: "second", redelivered: true },
    ]);
    here.broker.reconnect();
    for (const end of [first, second, here.layer, there.layer]) await end.close();
    expect(handled).toHaveLength(3);
  });

  test("keeps a message for as long as its handler runs, and settles it with the handler's end, failed or not", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network, { leaseMs: 60 });
    const go = deferred<void>();
    const handled: number[] = [];
    class Slow extends ChannelConsumer {
      async job_run({ id }: { id: number }) {
        handled.push(id);
        if (id === 1) await go.promise;
        if (id === 2) throw new Error("broken job");
      }
    }
    const worker = runWorker(applicationOf(Slow), { ...common, layer: here.layer });
    for (const id of [1, 2, 3]) await here.layer.send("jobs", { type: "job.run", id });
    await expect(there.layer.receive("silent", { timeoutMs: 200 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
    expect(await there.layer.receive("jobs", { timeoutMs: 0 })).toMatchObject({ id: 2 });
    await there.layer.send("jobs", { type: "job.run", id: 2 });
    go.resolve();
    await until(() => handled.length === 3);
    await worker.close();
    await expect(there.layer.receive("jobs", { timeoutMs: 150 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
    expect(handled).toEqual([1, 3, 2]);
    for (const { layer } of [here, there]) await layer.close();
  });

  test("gives a message back at once when it is closed and its handler gives up, and settles it when the handler ends", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    const handled: Handled[] = [];
    const started = deferred<void>();
    const worker = runWorker(applicationOf(jobs("first", handled, started.resolve)), { ...common, layer: here.layer });
    await here.layer.send("jobs", { type: "job.run", id: 1 });
    await started.promise;
    await worker.close();
    const again = await there.layer.lease("jobs", { timeoutMs: 1000 });
    expect([again.message.data["id"], again.attempts]).toEqual([1, 1]);
    await again.settle();
    class Patient extends ChannelConsumer {
      async job_run() {
        started2.resolve();
        await new Promise<void>((resolve) => this.signal.addEventListener("abort", () => resolve()));
      }
    }
    const started2 = deferred<void>();
    const patient = runWorker(applicationOf(Patient), { ...common, layer: here.layer });
    await here.layer.send("jobs", { type: "job.run", id: 2 });
    await started2.promise;
    await patient.close();
    await expect(there.layer.receive("jobs", { timeoutMs: 0 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
    for (const { layer } of [here, there]) await layer.close();
  });

  test("gives up a message that was handed out again and again, says so, and goes on with the next", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network, { leaseMs: 30 });
    await there.layer.send("jobs", { type: "job.run", id: 1 });
    await there.layer.send("jobs", { type: "job.run", id: 2 });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      // As a node that dies with the message in hand.
      const [doomed] = await makeNodes(network, { leaseMs: 30 });
      const leased = await doomed.layer.lease("jobs", { timeoutMs: 5000 });
      expect([leased.message.data["id"], leased.attempts]).toEqual([1, attempt]);
      doomed.broker.disconnect();
      await expect(here.layer.receive("silent", { timeoutMs: 60 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
    }
    const handled: Handled[] = [];
    const told: unknown[] = [];
    const logger = { ...quiet, error: (fields: object, text: string) => void told.push({ ...fields, text }) };
    const app = applicationOf(jobs("first", handled, () => {}));
    await using _worker = runWorker(app, { ...common, layer: here.layer, maxAttempts: 2, logger });
    await until(() => handled.length === 1);
    expect(handled).toEqual([{ id: 2, by: "first", redelivered: false }]);
    expect(told).toEqual([
      { channel: "jobs", type: "job.run", attempts: 2, text: expect.stringContaining("gives up a message") },
    ]);
    expect(here.layer.stats().abandoned).toBe(1);
  });

  test.each<Partial<WorkerOptions>>([
    { delivery: "exactlyOnce" as "atMostOnce" },
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
  ])("refuses %o", async (options) => {
    const [{ layer }] = await makeNodes(new InProcessNetwork());
    const app = applicationOf(jobs("first", [], () => {}));
    const isInvalid = expect.toSatisfy((error: unknown) => SolentError.is(error, "CONFIG_INVALID"));
    expect(() => runWorker(app, { ...common, layer, ...options })).toThrow(isInvalid);
  });
});
