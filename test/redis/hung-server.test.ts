import { expect, test } from "vitest";
import { redisProcess } from "../support/redis/redis-process.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { until } from "../support/turns.ts";
import { fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";

const times = { proofIntervalMs: 50, proofTimeoutMs: 200, connectTimeoutMs: 300, publishTimeoutMs: 500 };

test("a half-open connection is found by what does not come back, and sends settle", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(proxy.url, { nodes: 1, ...times });
  const [layer] = nodes.layers;
  const ledger = new Ledger(layer!, "room");
  const member = await listen(layer!, "room");
  await ledger.sendMany(10);
  proxy.halfOpen();
  const beganAtMs = performance.now();
  expect(await ledger.send()).toBe("LAYER_UNCERTAIN");
  expect(performance.now() - beganAtMs).toBeLessThan(1900);
  expect(layer!.isConnected).toBe(false);
  // From here on nothing is written to it, so it surely was not sent.
  expect(await ledger.send()).toBe("LAYER_UNAVAILABLE");
  expect(nodes.problems.join("\n")).toContain("nothing came back within 200 ms");
  proxy.cut();
  proxy.thaw();
  await nodes.settle();
  expect(await ledger.send()).toBe("accepted");
  await member.hears(ledger.from, ledger.sent);
  expect(faults(ledger, member)).toEqual([]);
});

test("a server that hangs is found also while only the connection for commands is there", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url, { nodes: 1, ...times });
  const [layer] = nodes.layers;
  const ledger = new Ledger(layer!, "room");
  const member = await listen(layer!, "room");
  await redis.control.call("CLIENT", "KILL", "TYPE", "pubsub");
  await redis.stop();
  await until(() => !layer!.isConnected);
  const outcomes = await Promise.all([ledger.send(), ledger.send()]);
  for (const outcome of outcomes) expect(["LAYER_UNCERTAIN", "LAYER_UNAVAILABLE"]).toContain(outcome);
  redis.resume();
  await nodes.settle();
  expect(await ledger.send()).toBe("accepted");
  await member.hears(ledger.from, ledger.sent);
  expect(faults(ledger, member)).toEqual([]);
});
