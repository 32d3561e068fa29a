import { expect, test } from "vitest";
import { redisProcess } from "../support/redis/redis-process.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { until } from "../support/turns.ts";
import { fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";

test("scripts flushed again and again under load: the order stays, nothing is lost, nothing comes twice", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url);
  const members = await Promise.all(nodes.layers.map((layer) => listen(layer, "room")));
  const ledgers = nodes.layers.map((layer, i) => new Ledger(layer, "room", `node ${i}`));
  let flushes = 0;
  const isEnough = (): boolean => flushes === 20 && ledgers.every(({ sent }) => sent > 500);
  const sending = Promise.all(ledgers.map((ledger) => ledger.sendUntil(isEnough)));
  for (; flushes < 20; flushes += 1) {
    const sent = ledgers[0]!.sent;
    await until(() => ledgers[0]!.sent >= sent + 20);
    await redis.control.script("FLUSH");
  }
  await sending;
  await nodes.settle();
  for (const ledger of ledgers) {
    // A send may be refused when a later one of its group overtook it, and says so; none is uncertain.
    expect(ledger.numbers("LAYER_UNCERTAIN")).toEqual([]);
    expect(ledger.numbers().length).toBeGreaterThan(ledger.sent / 2);
    for (const member of members) {
      await member.hears(ledger.from, ledger.numbers().at(-1)!);
      expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
    }
  }
  for (const member of members) expect(member.gaps).toEqual([]);
  expect(members[0]!.heard).toEqual(members[1]!.heard);
});

test("a publish whose answer is lost is not sent twice: uncertain where nobody heard it here", async () => {
  await using redis = await redisProcess();
  await using proxy = await redisProxy(redis);
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const member = await listen(nodes.layers[0]!, "room");
  const sender = nodes.add(proxy.url);
  await sender.ready();
  const ledger = new Ledger(sender, "room");
  await ledger.sendMany(5);
  const cut = proxy.cutAfterExecuting(1, "evalsha");
  expect(await ledger.send()).toBe("LAYER_UNCERTAIN");
  await cut;
  expect(await ledger.send()).toBe("accepted");
  await member.hears(ledger.from, 7);
  // It was executed, and once.
  expect(member.numbers(ledger.from)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("a publish whose answer is lost counts as accepted where it has come back", async () => {
  await using redis = await redisProcess();
  await using forCommands = await redisProxy(redis);
  await using nodes = await fleet(forCommands.url, { nodes: 1 });
  const [layer] = nodes.layers;
  const member = await listen(layer!, "room");
  const ledger = new Ledger(layer!, "room");
  await ledger.sendMany(5);
  // The answer comes late, the message over the other connection does not.
  const cut = forCommands.cutAfterExecuting(2, "evalsha");
  const first = ledger.send();
  await member.hears(ledger.from, 6);
  const second = ledger.send();
  await cut;
  expect(await first).toBe("accepted");
  expect(["accepted", "LAYER_UNCERTAIN"]).toContain(await second);
  await nodes.settle();
  expect(await ledger.send()).toBe("accepted");
  await member.hears(ledger.from, 8);
  expect(faults(ledger, member)).toEqual([]);
});

test("a send waits for Redis for publishTimeoutMs, rejects then as surely not sent, and never arrives later", async () => {
  await using redis = await redisProcess();
  await using nodes = await fleet(redis.url, { publishTimeoutMs: 200 });
  const [here, there] = nodes.layers;
  const member = await listen(there!, "room");
  const ledger = new Ledger(here!, "room");
  await redis.kill();
  await until(() => nodes.layers.every(({ isConnected }) => !isConnected));
  const beganAtMs = performance.now();
  expect(await Promise.all([ledger.send(), ledger.send()])).toEqual(["LAYER_UNAVAILABLE", "LAYER_UNAVAILABLE"]);
  expect(performance.now() - beganAtMs).toBeGreaterThan(190);
  await redis.start();
  await nodes.settle();
  expect(await ledger.send()).toBe("accepted");
  await member.hears(ledger.from, 3);
  expect(member.numbers(ledger.from)).toEqual([3]);
});

test("a Redis that is full refuses a send as surely not sent, with its own words", async () => {
  await using redis = await redisProcess({ args: ["--maxmemory-policy", "noeviction"] });
  await using nodes = await fleet(redis.url, { nodes: 1 });
  const [layer] = nodes.layers;
  const member = await listen(layer!, "room");
  await redis.control.config("SET", "maxmemory", "1");
  const refused = layer!.groupSend("room", { type: "room.line", from: "it", n: 1 });
  await expect(refused).rejects.toMatchObject({ code: "LAYER_UNAVAILABLE", message: expect.stringContaining("OOM") });
  await redis.control.config("SET", "maxmemory", "0");
  await layer!.groupSend("room", { type: "room.line", from: "it", n: 2 });
  await member.hears("it", 2);
  expect(member.numbers("it")).toEqual([2]);
  expect(member.gaps).toEqual([]);
});
