import { contract } from "@solent/core";
import { createSender, RedisPubSubChannelLayer, type RedisLocation, type SenderOptions } from "@solent/redis-layer";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Queue } from "../support/queue.ts";
import { redisCluster } from "../support/redis/redis-cluster.ts";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess, redisProcesses } from "../support/redis/redis-process.ts";

const orders = contract({
  toServer: {},
  toClient: {},
  events: { "order.paid": z.object({ total: z.number() }) },
});

const url = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";

let tests = 0;
function prefix(): string {
  tests += 1;
  return `sender${process.pid}.${tests}`;
}

async function ready(layer: RedisPubSubChannelLayer): Promise<RedisPubSubChannelLayer> {
  await layer.ready();
  return layer;
}

function node(options: { readonly redis: RedisLocation; readonly prefix: string }): Promise<RedisPubSubChannelLayer> {
  return ready(new RedisPubSubChannelLayer({ ...options, capacity: 2000 }));
}

async function member(layer: RedisPubSubChannelLayer, group: string): Promise<Queue<Record<string, unknown>>> {
  const heard = new Queue<Record<string, unknown>>();
  const deliver = ({ meta: { type }, data }: { meta: { type: string }; data: object }) => {
    heard.push({ type, ...data });
    return true;
  };
  await layer.attach({ deliver }).join(group);
  return heard;
}

describe("createSender", () => {
  test.each<[string, Omit<SenderOptions, "redis">]>([
    ["in Solent's wire", {}],
    ["in MessagePack, encrypted", { serializerFormat: "msgpack", symmetricEncryptionKeys: ["a long random text"] }],
    ["in the wire of channels_redis", { wire: "channels_redis" }],
  ])("reaches groups and channels of all nodes, %s", async (_, options) => {
    const all = { redis: url, prefix: prefix(), ...options };
    await using one = await ready(new RedisPubSubChannelLayer(all));
    await using two = await ready(new RedisPubSubChannelLayer(all));
    const heard = [await member(one, "room"), await member(two, "room")];
    const channel = await two.newChannel();
    await using sender = createSender(all);
    await sender.groupSend("room", { type: "chat.message", text: "hello" });
    await sender.group(orders, "room").send("order.paid", { total: 7 });
    for (const each of heard) {
      expect(await each.take(2)).toEqual([
        { type: "chat.message", text: "hello" },
        { type: "order.paid", total: 7 },
      ]);
    }
    await sender.send(channel.name, { type: "chat.message", bytes: new Uint8Array([1]) });
    await sender.channel(orders, channel.name).send("order.paid", { total: 8 });
    expect(await channel.receive({ timeoutMs: 5000 })).toEqual({ type: "chat.message", bytes: new Uint8Array([1]) });
    expect(await channel.receive({ timeoutMs: 5000 })).toEqual({ type: "order.paid", total: 8 });
  });

  test("hears from the node of a channel that it is full, or gone", async () => {
    const all = { redis: url, prefix: prefix() };
    await using layer = await ready(new RedisPubSubChannelLayer({ ...all, capacity: 1 }));
    const channel = await layer.newChannel();
    await using sender = createSender(all);
    const send = () => sender.send(channel.name, { type: "chat.message" });
    await send();
    await expect(send()).rejects.toMatchObject({ code: "CHANNEL_FULL" });
    channel.close();
    await expect(send()).rejects.toMatchObject({ code: "CHANNEL_UNREACHABLE" });
    await expect(sender.send("specific.nowhere!1", { type: "chat.message" })).rejects.toMatchObject({
      code: "CHANNEL_UNREACHABLE",
    });
  });

  test("puts messages into a plain channel, where they wait for a worker, and says when it is full", async () => {
    const all = { redis: url, prefix: prefix() };
    {
      await using sender = createSender({ ...all, capacity: 2 });
      await sender.send("invoices", { type: "invoice.print", id: 1 });
      await sender.channel(orders, "invoices").send("order.paid", { total: 7 });
      await expect(sender.send("invoices", { type: "invoice.print" })).rejects.toMatchObject({ code: "CHANNEL_FULL" });
    }
    await using layer = await ready(new RedisPubSubChannelLayer(all));
    expect(await layer.receive("invoices", { timeoutMs: 0 })).toEqual({ type: "invoice.print", id: 1 });
    expect(await layer.receive("invoices", { timeoutMs: 0 })).toEqual({ type: "order.paid", total: 7 });
  });

  test("refuses what no layer could send", async () => {
    await using sender = createSender({ redis: url, prefix: prefix() });
    await expect(sender.send("a b", { type: "job.run" })).rejects.toMatchObject({ code: "NAME_INVALID" });
    await expect(sender.groupSend("room", { type: "job" })).rejects.toMatchObject({ code: "EVENT_INVALID" });
    await expect(sender.group(orders, "room").send("order.paid", { total: "7" as never })).rejects.toMatchObject({
      code: "CONTRACT_MISMATCH",
    });
    expect(() => createSender({ redis: "http://elsewhere" })).toThrow("redis");
    expect(() => createSender({ capacity: 0 })).toThrow("capacity");
  });

  test("is refused when the nodes write another format", async () => {
    const all = { redis: url, prefix: prefix() };
    await using layer = await ready(new RedisPubSubChannelLayer(all));
    const problems: Error[] = [];
    const other = { serializerFormat: "msgpack", onProblem: (problem: Error) => void problems.push(problem) } as const;
    await using sender = createSender({ ...all, ...other });
    const heard = await member(layer, "room");
    const sending = sender.groupSend("room", { type: "chat.message" });
    await expect(sending).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(sender.send("specific.any!1", { type: "chat.message" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect(String(problems.at(-1))).toContain("neither could hear the other");
    await layer.groupSend("room", { type: "chat.message" });
    expect(await heard.next()).toEqual({ type: "chat.message" });
    expect([layer.isConnected, layer.stats().malformed]).toEqual([true, 0]);
  });

  test("subscribes to nothing, and to one inbox once it needs answers", async () => {
    await using redis = await redisProcess();
    const options = { redis: redis.url, prefix: "app" };
    await using layer = await node(options);
    const before = (await redis.control.pubsub("CHANNELS", "*")) as string[];
    const connections = async () =>
      String(await redis.control.client("LIST"))
        .trim()
        .split("\n").length;
    const connectionsBefore = await connections();
    await using sender = createSender(options);
    await sender.groupSend("room", { type: "chat.message" });
    expect(await redis.control.pubsub("CHANNELS", "*")).toHaveLength(before.length);
    expect(await connections()).toBe(connectionsBefore + 1);

    const channels = [await layer.newChannel(), await layer.newChannel()];
    await Promise.all(channels.map(({ name }) => sender.send(name, { type: "chat.message" })));
    const after = (await redis.control.pubsub("CHANNELS", "*")) as string[];
    const opened = after.filter((channel) => !before.includes(channel)).map((channel) => channel.replace(/\w+$/, ""));
    expect(opened.map((channel) => channel.replace(/\{\w+\}/, "")).toSorted()).toEqual(["app:node:", "app@"]);
    expect(await connections()).toBe(connectionsBefore + 2);
  });

  test("ends with everything sent that was begun before", async () => {
    const options = { redis: url, prefix: prefix() };
    await using layer = await node(options);
    const heard = await member(layer, "room");
    const channel = await layer.newChannel();
    const sent: Promise<void>[] = [];
    {
      await using sender = createSender(options);
      for (let n = 0; n < 500; n += 1) sent.push(sender.groupSend("room", { type: "chat.message", n }));
      sent.push(sender.send(channel.name, { type: "chat.message" }));
    }
    await Promise.all(sent);
    expect((await heard.take(500)).map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(channel.pending).toBe(1);
  });

  test("waits for Redis for a while, then says that nothing was sent", async () => {
    await using redis = await redisProcess();
    await redis.kill();
    const problems: Error[] = [];
    const all = { redis: redis.url, prefix: "app", onProblem: (problem: Error) => problems.push(problem) };
    const hasty = createSender({ ...all, publishTimeoutMs: 100 });
    const failed = Promise.all(
      [hasty.groupSend("room", { type: "a.b" }), hasty.send("specific.other!1", { type: "a.b" })].map((sending) =>
        expect(sending).rejects.toMatchObject({ code: "LAYER_UNAVAILABLE", retryable: true }),
      ),
    );
    await hasty.close();
    await failed;
    expect(hasty.isConnected).toBe(false);
    expect(problems.length).toBeGreaterThan(0);
    await expect(hasty.groupSend("room", { type: "a.b" })).rejects.toMatchObject({ code: "LAYER_CLOSED" });

    await using patient = createSender({ ...all, publishTimeoutMs: 10_000 });
    const waiting = patient.groupSend("room", { type: "a.b" });
    await redis.restart({ keepData: true });
    await waiting;
    expect(patient.isConnected).toBe(true);
  });

  test("notices a Redis that hangs, without a subscription that would tell", async () => {
    await using redis = await redisProcess();
    await using sender = createSender({ redis: redis.url, proofIntervalMs: 50, proofTimeoutMs: 200 });
    await sender.groupSend("room", { type: "a.b" });
    await redis.stop();
    await expect(sender.groupSend("room", { type: "a.b" })).rejects.toMatchObject({ code: "LAYER_UNCERTAIN" });
    redis.resume();
    await sender.groupSend("room", { type: "a.b" });
  });

  test("hears answers on several servers, also while they take the place of others", async () => {
    await using servers = await redisProcesses([{}, {}, {}]);
    const [a, b, c] = servers;
    await using old = await node({ redis: { servers: [a.url] }, prefix: "app" });
    const redis = { servers: [b.url, c.url], previousServers: [a.url] };
    await using young = await node({ redis, prefix: "app" });
    await using sender = createSender({ redis, prefix: "app" });
    for (const layer of [old, young, old, young]) {
      const channel = await layer.newChannel();
      await sender.send(channel.name, { type: "chat.message" });
      expect(channel.pending).toBe(1);
    }
  });

  test("sends through a Cluster, and hears the answers there", async () => {
    await using redis = await redisCluster();
    const options = { redis: { cluster: redis.nodes.slice(0, 2).map((server) => server.url) }, prefix: "app" };
    await using layer = await node(options);
    const groups = Array.from({ length: 8 }, (_, i) => `room.${i}`);
    const heard = await Promise.all(groups.map((group) => member(layer, group)));
    const channel = await layer.newChannel();
    await using sender = createSender(options);
    await Promise.all(groups.map((group) => sender.groupSend(group, { type: "chat.message", group })));
    for (const [i, group] of groups.entries()) expect(await heard[i]!.next()).toEqual({ type: "chat.message", group });
    await sender.send(channel.name, { type: "chat.message" });
    expect(channel.pending).toBe(1);
    await eventually("it is connected to all primaries", async () => sender.isConnected);
  }, 60_000);
});

describe("createSender in the wire of channels_redis", () => {
  test("sends to any name, since a plain channel is one like any other there", async () => {
    await using redis = await redisProcess();
    const reader = redis.client();
    await reader.subscribe("thumbnails");
    const heard = new Queue<string>();
    reader.on("message", (_channel: string, payload: string) => heard.push(payload));
    await using sender = createSender({ redis: redis.url, wire: "channels_redis", serializerFormat: "json" });
    await sender.send("thumbnails", { type: "thumbnail.make", id: 1 });
    expect(await heard.next()).toBe('{"type": "thumbnail.make", "id": 1}');
    await expect(sender.send("nobody", { type: "thumbnail.make" })).rejects.toMatchObject({
      code: "CHANNEL_UNREACHABLE",
    });
    expect(await redis.control.pubsub("NUMPAT")).toBe(0);
    expect(await redis.control.pubsub("CHANNELS", "*")).toEqual(["thumbnails"]);
  });
});
