import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedisServer } from "../../../../scripts/redis-server.mjs";
import { chatLog } from "../log.ts";
import { type Limiters, redisLimiters } from "./limiters.ts";
import { SignInLimits } from "./sign-in-limits.ts";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer();
}, 30_000);

afterAll(() => redis.stop());

const ann = { name: "ann", address: "192.0.2.1" };

/** The limits of two nodes on one Redis, which both have reached. */
async function twoNodes(prefix: string) {
  const limiters = [
    redisLimiters(redis.url, prefix, chatLog("silent")),
    redisLimiters(redis.url, prefix, chatLog("silent")),
  ];
  const limitsOf = (each: Limiters) => new SignInLimits({ limiters: each, signUpsPerHour: 3, secret: "shared" });
  const nodes = limiters.map(limitsOf);
  for (const { isReady } of limiters) await isReady();
  return {
    nodes,
    [Symbol.asyncDispose]: async () => void (await Promise.all(limiters.map((each) => each[Symbol.asyncDispose]()))),
  };
}

test("wrong passwords count on all nodes together, and a right one is known to all", async () => {
  await using here = await twoNodes("together");
  const [one, two] = here.nodes;
  for (let count = 0; count < 5; count++) {
    expect(await one?.begin(ann)).toBe(0);
    expect(await two?.begin(ann)).toBe(0);
  }
  for (const node of [one, two]) expect(await node?.begin(ann)).toBeGreaterThan(14 * 60_000);
  await two?.succeed(ann);
  expect(await one?.begin(ann)).toBe(0);
});

test("new accounts count on all nodes together", async () => {
  await using here = await twoNodes("accounts");
  const waits = [];
  for (let count = 0; count < 4; count++) waits.push(await here.nodes[count % 2]?.signUp("192.0.2.1"));
  expect(waits).toEqual([0, 0, 0, expect.any(Number)]);
  expect(waits[3]).toBeGreaterThan(59 * 60_000);
});

test("while Redis is away each node counts by itself, and nobody waits for Redis", async () => {
  await using here = await twoNodes("away");
  process.kill(redis.pid, "SIGKILL");
  await redis.ended;
  const began = performance.now();
  for (const node of here.nodes) {
    for (let count = 0; count < 10; count++) expect(await node.begin(ann)).toBe(0);
    expect(await node.begin(ann)).toBeGreaterThan(0);
  }
  expect(performance.now() - began).toBeLessThan(5_000);
});
