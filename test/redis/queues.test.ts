import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess } from "../support/redis/redis-process.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { until } from "../support/turns.ts";
import { fleet } from "./fleet.ts";

const job = (id: number): { type: string; id: number } => ({ type: "job.run", id });

test("a message whose acceptance got lost on the way is sent again, and is in the queue once", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const sender = nodes.add(proxy.url);
  await sender.ready();
  const cut = proxy.cutAfterExecuting(1, "evalsha");
  // All in one call of the script, and its answer never comes.
  await Promise.all([0, 1, 2].map((id) => sender.send("jobs", job(id))));
  await cut;
  await sender.send("jobs", job(3));
  for (const id of [0, 1, 2, 3]) expect(await nodes.layers[0]!.receive("jobs", { timeoutMs: 0 })).toEqual(job(id));
  await expect(nodes.layers[0]!.receive("jobs", { timeoutMs: 0 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
});

test("a message that is sent again is not there again when it has been taken meanwhile", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const [reader] = nodes.layers;
  const sender = nodes.add(proxy.url);
  await sender.ready();
  const first = reader!.receive("jobs", { timeoutMs: 5000 });
  const cut = proxy.cutAfterExecuting(1, "evalsha");
  const sent = sender.send("jobs", job(0));
  expect(await first).toEqual(job(0));
  await cut;
  await sent;
  await expect(reader!.receive("jobs", { timeoutMs: 0 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
});

test("what a node was to be given, and did not get, comes with its next look and not after a lease", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(redis.url, { nodes: 1, leaseMs: 600_000 });
  const reader = nodes.add(proxy.url, { leaseMs: 600_000 });
  await reader.ready();
  for (const id of [0, 1]) await nodes.layers[0]!.send("jobs", job(id));
  const cut = proxy.cutAfterExecuting(1, "evalsha");
  const waiting = reader.lease("jobs", { timeoutMs: 20_000 });
  await cut;
  const leased = await waiting;
  // It was never handed out, so this is the first attempt.
  expect([leased.message.data["id"], leased.attempts]).toEqual([0, 1]);
  expect(await nodes.layers[0]!.receive("jobs", { timeoutMs: 0 })).toEqual(job(1));
  await leased.settle();
});

test("what a reader was given stays its own when the word of that gets lost on the way", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const reader = nodes.add(proxy.url, { leaseMs: 2000 });
  await reader.ready();
  await nodes.layers[0]!.send("jobs", job(0));
  const leased = await reader.lease("jobs", { timeoutMs: 5000 });
  const cut = proxy.cutAfterExecuting(1, "evalsha");
  const settled = leased.settle();
  await cut;
  await settled;
  await expect(nodes.layers[0]!.receive("jobs", { timeoutMs: 3000 })).rejects.toMatchObject({
    code: "CHANNEL_TIMEOUT",
  });
});

test("a send waits for Redis for publishTimeoutMs, rejects then as surely not sent, and is in no queue later", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url, { nodes: 1, publishTimeoutMs: 300, maxPendingMessages: 200 });
  const [layer] = nodes.layers;
  await redis.kill();
  await until(() => !layer!.isConnected);
  const beganAtMs = performance.now();
  const send = (id: number): Promise<unknown> =>
    layer!
      .send("jobs", job(id))
      .catch(({ code }: { code: string }) => [code, Math.round(performance.now() - beganAtMs)]);
  // More than one call of the script takes.
  const outcomes = (await Promise.all(Array.from({ length: 201 }, (_, id) => send(id)))) as [string, number][];
  expect(outcomes[200]![0]).toBe("LAYER_BUSY");
  expect(new Set(outcomes.slice(0, 200).map(([code]) => code))).toEqual(new Set(["LAYER_UNAVAILABLE"]));
  const waits = outcomes.slice(0, 200).map(([, waitedMs]) => waitedMs);
  expect(Math.min(...waits)).toBeGreaterThan(290);
  expect(Math.max(...waits)).toBeLessThan(900);
  await redis.start();
  await nodes.settle();
  await layer!.send("jobs", job(1000));
  expect(await layer!.receive("jobs", { timeoutMs: 0 })).toEqual(job(1000));
});

test("a Redis that is full refuses a message with its own words, and hands out what it has", async () => {
  await using redis = await redisProcess({ args: ["--maxmemory-policy", "noeviction"] });
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const [layer] = nodes.layers;
  for (const id of [0, 1]) await layer!.send("jobs", job(id));
  const held = await layer!.lease("jobs", { timeoutMs: 5000 });
  await redis.control.config("SET", "maxmemory", "1");
  const oom = { code: "LAYER_UNAVAILABLE", message: expect.stringContaining("OOM") };
  await expect(layer!.send("jobs", job(2))).rejects.toMatchObject(oom);
  expect(await layer!.receive("jobs", { timeoutMs: 0 })).toEqual(job(1));
  await held.giveBack();
  expect(await layer!.receive("jobs", { timeoutMs: 0 })).toEqual(job(0));
  await redis.control.config("SET", "maxmemory", "0");
  await expect(layer!.receive("jobs", { timeoutMs: 0 })).rejects.toMatchObject({ code: "CHANNEL_TIMEOUT" });
});

test("a reader that waits is woken by the message, also after its subscriptions were lost", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url, { lingerMs: 1 });
  const [here, there] = nodes.layers;
  const took: number[] = [];
  for (let id = 0; id < 20; id += 1) {
    const waiting = there!.receive("jobs", { timeoutMs: 20_000 });
    await eventually("it listens", async () => {
      const [, listeners] = (await redis.control.call("PUBSUB", "NUMSUB", ...(await channels()))) as [string, number];
      return listeners === 1;
    });
    if (id % 5 === 0) await redis.control.call("CLIENT", "KILL", "TYPE", "pubsub");
    const since = performance.now();
    await here!.send("jobs", job(id));
    expect(await waiting).toEqual(job(id));
    took.push(performance.now() - since);
  }
  // By itself it would look after five seconds.
  expect(Math.max(...took)).toBeLessThan(4000);
  await eventually("nobody listens when nobody reads", async () => (await channels()).length === 0);

  async function channels(): Promise<string[]> {
    return (await redis.control.call("PUBSUB", "CHANNELS", `${nodes.prefix}{*}+jobs`)) as string[];
  }
});

test("readers who wait cost Redis next to nothing", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url, { nodes: 3, proofIntervalMs: 600_000, verifyIntervalMs: 600_000 });
  const stop = new AbortController();
  const { signal } = stop;
  setMaxListeners(100, signal);
  const readers = nodes.layers.flatMap((layer) =>
    Array.from({ length: 30 }, () => layer.receive("jobs", { signal }).catch(() => "given up")),
  );
  await nodes.settle();
  const calls = async (): Promise<number> => {
    const text = String(await redis.control.info("commandstats"));
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(text)?.[1] ?? 0);
  };
  const before = await calls();
  await expect(nodes.layers[0]!.receive("silent", { timeoutMs: 6000 })).rejects.toMatchObject({
    code: "CHANNEL_TIMEOUT",
  });
  // Each node looks once in five seconds, however many readers it has; one of them for two queues.
  expect((await calls()) - before).toBeLessThan(15);
  stop.abort(new Error("enough"));
  expect(new Set(await Promise.all(readers))).toEqual(new Set(["given up"]));
});
