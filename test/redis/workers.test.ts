import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ChannelConsumer, ChannelNameRouter, type EventMeta, runWorker } from "@solent/core";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess } from "../support/redis/redis-process.ts";
import { type Fleet, fleet } from "./fleet.ts";

const job = (id: number): { type: string; id: number } => ({ type: "job.run", id });
const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

interface Handled {
  readonly id: number;
  readonly redelivered: boolean;
}

function handling(handled: Handled[]) {
  return new ChannelNameRouter({
    jobs: class Jobs extends ChannelConsumer {
      job_run({ id }: { id: number }, { redelivered }: EventMeta) {
        handled.push({ id, redelivered });
      }
    },
  });
}

/** A worker in a process of its own, which is killed at the end at the latest. */
class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(...args: readonly string[]) {
    const program = fileURLToPath(new URL("one-worker.ts", import.meta.url));
    // The package that has a TypeScript loader.
    const cwd = fileURLToPath(new URL("../../examples/", import.meta.url));
    const all = ["--conditions=@solent/source", "--import", "tsx", program, ...args];
    this.#child = spawn(process.execPath, all, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = once(this.#child, "exit");
  }

  /** What it begins next. */
  async begins(): Promise<Handled> {
    const [text] = (await once(this.#child.stdout!, "data")) as [Buffer];
    return JSON.parse(text.toString()) as Handled;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Whether nothing of a queue is kept but where it stands, and what it must know of what came. */
async function isEmpty({ prefix }: Fleet, redis: Redis): Promise<boolean> {
  const keys = await redis.keys(`${prefix}{*}+*`);
  for (const key of keys.filter((each) => each.endsWith(":about"))) {
    if ((await redis.hkeys(key)).some((field) => field.length > 1)) return false;
  }
  return keys.every((key) => key.endsWith(":about") || key.endsWith(":seen"));
}

describe("pub/sub breaks its own contract; workers too weak", () => {
  test(
    "1,000 jobs of three nodes, a worker on each: every job is done once, by all of them",
    { timeout: 30_000 },
    async () => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url, { nodes: 3, capacity: 2000 });
      const perWorker = nodes.layers.map((): Handled[] => []);
      const workers = nodes.layers.map((layer, i) => runWorker(handling(perWorker[i]!), { layer }));
      await Promise.all(ids(1000).map((id) => nodes.layers[id % 3]!.send("jobs", job(id))));
      await eventually("all jobs are done", async () => perWorker.flat().length >= 1000);
      for (const worker of workers) await worker.close();
      await nodes.settle();
      const done = perWorker.flat().map(({ id }) => id);
      expect(done.toSorted((a, b) => a - b)).toEqual(ids(1000));
      expect(perWorker.flat().filter(({ redelivered }) => redelivered)).toEqual([]);
      for (const handled of perWorker) expect(handled.length).toBeGreaterThan(0);
      // What one node has sent is begun in its order.
      for (const handled of perWorker) {
        const own = handled.map(({ id }) => id).filter((id) => id % 3 === 0);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
      await eventually("nothing is left over", () => isEmpty(nodes, redis.control));
      for (const key of await redis.control.keys(`${nodes.prefix}{*}+*`)) {
        expect(await redis.control.pttl(key)).toBeGreaterThan(0);
      }
    },
  );

  test("jobs wait in Redis while no worker runs, also when who has sent them is gone", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url);
    for (const id of ids(10)) await nodes.layers[0]!.send("jobs", job(id));
    await nodes.layers[0]!.close();
    await redis.restart({ keepData: true });
    await nodes.layers[1]!.ready();
    const handled: Handled[] = [];
    const worker = runWorker(handling(handled), { layer: nodes.layers[1]! });
    await eventually("all jobs are done", async () => handled.length === 10);
    await worker.close();
    expect(handled.map(({ id }) => id)).toEqual(ids(10));
  });

  test(
    "the job of a worker that is killed is done again elsewhere, before those that came after it",
    { timeout: 30_000 },
    async () => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url, { leaseMs: 600 });
      const [layer] = nodes.layers;
      await using doomed = new WorkerProcess(redis.url, nodes.prefix, "atLeastOnce");
      await layer!.send("jobs", job(0));
      expect(await doomed.begins()).toEqual({ id: 0, redelivered: false });
      for (const id of [1, 2]) await layer!.send("jobs", job(id));
      // It lives, and keeps what it has in hand for longer than a lease is.
      await expect(layer!.receive("silent", { timeoutMs: 1500 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
      expect(await layer!.receive("jobs", { timeoutMs: 0 })).toEqual(job(1));
      await doomed.kill();
      const handled: Handled[] = [];
      const leases = await redis.control.keys(`${nodes.prefix}{*}+jobs:leased`);
      expect(await redis.control.zcard(leases[0]!)).toBe(1);
      await eventually("its lease is over", async () => {
        const [, until] = await redis.control.zrange(leases[0]!, "0", "0", "WITHSCORES");
        const [seconds, microseconds] = await redis.control.time();
        return Number(until) < Number(seconds) * 1000 + Number(microseconds) / 1000;
      });
      const worker = runWorker(handling(handled), { layer: layer!, delivery: "atLeastOnce" });
      await eventually("both jobs are done", async () => handled.length === 2);
      await worker.close();
      expect(handled).toEqual([
        { id: 0, redelivered: true },
        { id: 2, redelivered: false },
      ]);
    },
  );

  test(
    "a worker that waits already is given the job of one that is killed, though nobody tells it",
    { timeout: 30_000 },
    async () => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url, { leaseMs: 600 });
      const [layer] = nodes.layers;
      await using doomed = new WorkerProcess(redis.url, nodes.prefix, "atLeastOnce");
      await layer!.send("jobs", job(0));
      await doomed.begins();
      const handled: Handled[] = [];
      const worker = runWorker(handling(handled), { layer: layer!, delivery: "atLeastOnce" });
      await doomed.kill();
      await eventually("it is done", async () => handled.length === 1);
      await worker.close();
      expect(handled).toEqual([{ id: 0, redelivered: true }]);
    },
  );

  test("at most once, the job of a worker that is killed is lost and no other", { timeout: 30_000 }, async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { leaseMs: 600 });
    const [layer] = nodes.layers;
    await using doomed = new WorkerProcess(redis.url, nodes.prefix, "atMostOnce");
    await layer!.send("jobs", job(0));
    await doomed.begins();
    await layer!.send("jobs", job(1));
    const leases = `${nodes.prefix}{*}+jobs:leased`;
    await eventually("the job is nobody's", async () => (await redis.control.keys(leases)).length === 0);
    await doomed.kill();
    const handled: Handled[] = [];
    const worker = runWorker(handling(handled), { layer: layer! });
    await eventually("the other is done", async () => handled.length === 1);
    await expect(layer!.receive("jobs", { timeoutMs: 1000 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
    await worker.close();
    expect(handled).toEqual([{ id: 1, redelivered: false }]);
  });

  test(
    "connections killed again and again under load: no job is lost, and none is done twice",
    { timeout: 60_000 },
    async () => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url, { nodes: 3, capacity: 5000, leaseMs: 10_000 });
      const handled: Handled[] = [];
      const workers = nodes.layers.map((layer) => runWorker(handling(handled), { layer, delivery: "atLeastOnce" }));
      const accepted: number[] = [];
      const uncertain: number[] = [];
      let sent = 0;
      const sending = (async () => {
        for (; sent < 600; sent += 1) {
          const id = sent;
          await nodes.layers[id % 3]!.send("jobs", job(id)).then(
            () => accepted.push(id),
            ({ code }: { code: string }) => code === "LAYER_UNCERTAIN" && uncertain.push(id),
          );
        }
      })();
      for (let kill = 0; kill < 6; kill += 1) {
        const from = sent;
        await eventually("some more are sent", async () => sent >= from + 60);
        await redis.control.call("CLIENT", "KILL", "TYPE", kill % 2 === 0 ? "normal" : "pubsub");
      }
      await sending;
      await eventually("all jobs are done", async () => new Set(handled.map(({ id }) => id)).size >= accepted.length);
      for (const worker of workers) await worker.close();
      const done = handled.map(({ id }) => id).toSorted((a, b) => a - b);
      // Under one id a push can be tried again: none of these is even uncertain.
      expect(uncertain).toEqual([]);
      expect(accepted).toHaveLength(600);
      expect(done).toEqual(ids(600));
    },
  );
});
