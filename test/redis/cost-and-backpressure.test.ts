import { once } from "node:events";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { describe, expect, test } from "vitest";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import type { LayerMessage } from "@solent/core/layer";
import { fleet } from "./fleet.ts";
import { Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";

/** How often a server was sent a command; what scripts call is counted apart. */
async function calls(redis: RedisProcess, command: string): Promise<number> {
  const line = (await redis.info("commandstats")).get(`cmdstat_${command}`) ?? "calls=0,";
  return Number(/calls=(\d+)/.exec(line)?.[1]);
}

describe("backpressure", () => {
  test("one slow member never makes an idle one of the same process refuse", async () => {
    await using nodes = await fleet(process.env["REDIS_URL"] ?? "", { capacity: 3 });
    const [here, there] = nodes.layers;
    const slow = await there!.newChannel();
    const idle = await there!.newChannel();
    for (const channel of [slow, idle]) await here!.groupAdd("room", channel.name);
    for (let n = 0; n < 3; n += 1) await here!.send(slow.name, { type: "direct.line", n });
    await expect(here!.send(slow.name, { type: "direct.line", n: 3 })).rejects.toMatchObject({ code: "CHANNEL_FULL" });
    for (let n = 0; n < 20; n += 1) {
      await here!.send(idle.name, { type: "direct.line", n });
      expect(await idle.receive({ timeoutMs: 5000 })).toMatchObject({ n });
      await here!.groupSend("room", { type: "room.line", n });
      expect(await idle.receive({ timeoutMs: 5000 })).toMatchObject({ type: "room.line", n });
    }
    // Nothing of what the slow one was promised is gone, and the events that it missed are one hole.
    for (let n = 0; n < 3; n += 1) expect(await slow.receive()).toMatchObject({ type: "direct.line", n });
    expect(await slow.receive()).toMatchObject({ type: "group.gap", cause: "overflow" });
    expect(slow.pending).toBe(0);
  });

  test("a node holds no more than its limits for a Redis that does not answer, and says LAYER_BUSY", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1, maxPendingMessages: 20, maxPendingBytes: 10_000 });
    const [layer] = nodes.layers;
    const member = await listen(layer!, "room");
    const ledger = new Ledger(layer!, "room");
    await redis.stop();
    const sends = Array.from({ length: 30 }, () => ledger.send());
    expect(await Promise.all(sends.slice(20))).toEqual(Array.from({ length: 10 }, () => "LAYER_BUSY"));
    redis.resume();
    expect(await Promise.all(sends.slice(0, 20))).toEqual(Array.from({ length: 20 }, () => "accepted"));
    await redis.stop();
    const large = (): Promise<void> => layer!.groupSend("room", { type: "room.line", text: "x".repeat(6000) });
    const first = large();
    await expect(large()).rejects.toMatchObject({ code: "LAYER_BUSY" });
    redis.resume();
    await first;
    await member.hears(ledger.from, 20);
    expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
  });
});

describe("slow fan-out", () => {
  test("an event is decoded once a node, however many members hear it", async () => {
    await using nodes = await fleet(process.env["REDIS_URL"] ?? "", { nodes: 3 });
    const heard: LayerMessage[][] = nodes.layers.map(() => []);
    for (const [i, layer] of nodes.layers.entries()) {
      for (let k = 0; k < 100; k += 1) {
        await layer.attach({ deliver: (message) => Boolean(heard[i]!.push(message)) }).join("room");
      }
    }
    await nodes.layers[0]!.groupSend("room", { type: "room.line", nested: { list: [1, 2, 3] } });
    await nodes.settle();
    for (const messages of heard) {
      expect(messages).toHaveLength(100);
      // The same object for all: whoever encodes it for a socket finds it encoded.
      expect(new Set(messages).size).toBe(1);
      expect(new Set(messages.map(({ data }) => data)).size).toBe(1);
    }
  });

  test("a message is at most one command to Redis, however many nodes and members there are, and a turn's messages share one", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 3, proofIntervalMs: 600_000, verifyIntervalMs: 600_000 });
    const [here] = nodes.layers;
    await Promise.all(nodes.layers.flatMap((layer) => Array.from({ length: 50 }, () => listen(layer, "room"))));
    const before = { evalsha: await calls(redis, "evalsha"), publish: await calls(redis, "publish") };
    for (let n = 0; n < 100; n += 1) await here!.groupSend("room", { type: "room.line", n });
    // The command in the script is counted where it was called from: one for each message, whoever hears it.
    expect((await calls(redis, "evalsha")) - before.evalsha).toBe(100);
    expect((await calls(redis, "publish")) - before.publish).toBe(100);
    const sends = Array.from({ length: 128 }, (_, n) => here!.groupSend(`room.${n % 7}`, { type: "room.line", n }));
    await Promise.all(sends);
    expect((await calls(redis, "evalsha")) - before.evalsha).toBe(102);
  });

  test("1,000 joins of one turn are two commands, and leaves wait for who comes back", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1, proofIntervalMs: 600_000 });
    const [layer] = nodes.layers;
    const before = await calls(redis, "subscribe");
    const members = await Promise.all(Array.from({ length: 1000 }, (_, i) => listen(layer!, `room.${i}`)));
    expect((await calls(redis, "subscribe")) - before).toBe(2);
    for (const [i, member] of members.entries()) {
      await member.seat.leave(`room.${i}`);
      await member.seat.join(`room.${i}`);
    }
    expect((await calls(redis, "subscribe")) - before).toBe(2);
    expect(await calls(redis, "unsubscribe")).toBe(0);
  });

  test("joins of many connections that are read in one turn share a command", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1, proofIntervalMs: 600_000 });
    const [layer] = nodes.layers;
    const before = await calls(redis, "subscribe");
    // As sockets that are readable at once: each in a callback of its own, with its microtasks after it.
    const joins = Array.from({ length: 100 }, async (_, i) => {
      await new Promise((resolve) => setImmediate(resolve));
      return listen(layer!, `room.${i}`);
    });
    await Promise.all(joins);
    expect((await calls(redis, "subscribe")) - before).toBe(1);
    await layer!.groupSend("room.42", { type: "room.line", n: 1 });
    await nodes.settle();
    const heard = await Promise.all(joins.map(async (member) => (await member).heard.length));
    expect(heard).toEqual(Array.from({ length: 100 }, (_each, i) => (i === 42 ? 1 : 0)));
  });
});

describe("sending from outside", () => {
  const program = fileURLToPath(new URL("one-node.ts", import.meta.url));
  // The package that has a TypeScript loader.
  const cwd = fileURLToPath(new URL("../../examples/", import.meta.url));

  test("a script awaits its sends, closes the layer, and ends by itself", { timeout: 30_000 }, async () => {
    await using redis = await redisProcess();
    await using layer = new RedisPubSubChannelLayer({ redis: redis.url, prefix: "onenode" });
    const member = await listen(layer, "room");
    const args = ["--conditions=@solent/source", "--import", "tsx", program, redis.url, "send"];
    const script = spawn(process.execPath, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
    const [code] = (await once(script, "exit")) as [number];
    expect(code).toBe(0);
    await member.hears("script", 50);
    expect(member.numbers("script")).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test("sends right after the layer was made wait for the connection, and after its end say so", async () => {
    await using nodes = await fleet(process.env["REDIS_URL"] ?? "", { nodes: 1 });
    const member = await listen(nodes.layers[0]!, "room");
    const layer = nodes.add(process.env["REDIS_URL"] ?? "");
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => layer.groupSend("room", { type: "room.line", from: "it", n })),
    );
    await member.hears("it", 19);
    await layer.close();
    await expect(async () => layer.groupSend("room", { type: "room.line" })).rejects.toMatchObject({
      code: "LAYER_CLOSED",
    });
  });
});
