import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { Queue } from "../queue.ts";
import { clusterView } from "./cluster-view.ts";
import { eventually } from "./eventually.ts";
import { redisCluster, type RedisCluster } from "./redis-cluster.ts";
import { redisProxies } from "./redis-proxies.ts";

const patienceMs = 60_000;

describe("a Cluster of six", { timeout: patienceMs }, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await redisCluster({ password: "secret" });
  }, patienceMs);
  afterAll(() => cluster[Symbol.asyncDispose]());

  test("has three primaries that share all slots, each with a replica", async () => {
    for (const node of cluster.nodes) {
      const { isOk, nodes } = await clusterView(node);
      expect(isOk).toBe(true);
      expect(nodes.flatMap(({ ranges }) => ranges).toSorted()).toEqual(["0-5461", "10923-16383", "5462-10922"]);
    }
    const owners = await Promise.all([0, 5_461, 5_462, 10_922, 10_923, 16_383].map((slot) => cluster.primaryOf(slot)));
    const [a, b, c] = cluster.nodes;
    expect(owners).toEqual([a, a, b, b, c, c]);
    expect(await cluster.replicasOf(a!)).toEqual([cluster.nodes[3]]);
  });

  test("serves a client, through proxies too", async () => {
    await using proxies = await redisProxies(cluster.nodes);
    const client = cluster.client({ natMap: proxies.natMap });
    const keys = Array.from({ length: 50 }, (_, at) => `key:${at}`);
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await Promise.all(keys.map((key) => cluster.client().get(key)))).toEqual(keys);
    expect(proxies.all.slice(0, 3).every(({ connections }) => connections > 0)).toBe(true);
    client.disconnect();
  });

  test("moves a slot step by step: clients are asked to look elsewhere, then sent there", async () => {
    const slot = await cluster.slotOf("{room}");
    const from = await cluster.primaryOf(slot);
    const to = cluster.nodes.slice(0, 3).find((node) => node !== from)!;
    for (let at = 0; at < 250; at++) await from.control.set(`{room}${at}`, at);

    const move = await cluster.beginMove(slot, to);
    expect(move).toMatchObject({ slot, from, to });
    expect(await from.control.get("{room}7")).toBe("7");
    await expect(from.control.get("{room}none")).rejects.toThrow(`ASK ${slot} ${to.address}`);
    expect(await move.moveKeys()).toBe(250);
    await expect(from.control.get("{room}7")).rejects.toThrow(`ASK ${slot} ${to.address}`);
    await expect(to.control.get("{room}7")).rejects.toThrow(`MOVED ${slot} ${from.address}`);
    expect(await cluster.client().get("{room}7")).toBe("7");

    await move.assign();
    expect(await to.control.get("{room}7")).toBe("7");
    await expect(from.control.get("{room}7")).rejects.toThrow(`MOVED ${slot} ${to.address}`);
    expect(await cluster.primaryOf(slot)).toBe(to);
    await cluster.moveSlot(slot, from);
    expect(await from.control.get("{room}249")).toBe("249");
    await expect(cluster.beginMove(slot, from)).rejects.toThrow("is at");
  });

  test("in the middle of a move, a message to a shard channel reaches nobody who is subscribed at the source", async () => {
    const slot = await cluster.slotOf("{shard}");
    const from = await cluster.primaryOf(slot);
    const to = cluster.nodes.slice(0, 3).find((node) => node !== from)!;
    const subscriber = from.client({ autoResubscribe: false });
    const heard = new Queue<string>();
    subscriber.on("smessage", (_channel, message) => heard.push(message));
    await subscriber.ssubscribe("{shard}");
    // A publish that goes with its key, as the layer's script does.
    const publish = (message: string) =>
      cluster
        .client()
        .eval("redis.call('INCR', KEYS[1]) return redis.call('SPUBLISH', KEYS[1], ARGV[1])", 1, "{shard}", message);
    expect(await publish("before")).toBe(1);
    const move = await cluster.beginMove(slot, to);
    await move.moveKeys();
    expect(await publish("between")).toBe(0);
    await move.assign();
    expect(await publish("after")).toBe(0);
    expect(await heard.next()).toBe("before");
    expect(heard.size).toBe(0);
  });

  test("fails over by command, and back", async () => {
    const { old, primary } = await cluster.failover(0);
    expect(old).toBe(cluster.nodes[0]);
    expect(primary).toBe(cluster.nodes[3]);
    await cluster.settled();
    expect(await cluster.failover(0)).toEqual({ old: primary, primary: old });
    await cluster.settled();
    expect((await cluster.failover(0, "FORCE")).primary).toBe(primary);
    await cluster.settled();
    expect((await cluster.failover(0, "TAKEOVER")).primary).toBe(old);
    await cluster.settled();
  });

  test("replaces a killed primary by its replica, and takes it back as a replica", async () => {
    const client = cluster.client();
    const slot = await cluster.slotOf("name");
    await client.set("name", "value");
    const { killed, promoted } = await cluster.killPrimary(slot);
    expect(killed.isRunning).toBe(false);
    expect(await promoted.control.get("name")).toBe("value");
    expect(await eventually("the client is back", () => client.get("name"))).toBe("value");
    await expect(cluster.killPrimary(slot)).rejects.toThrow("it has no replica");
    await killed.restart({ keepData: true });
    await cluster.settled();
    expect(await cluster.replicasOf(promoted)).toEqual([killed]);
  });

  test("grows by a primary, which takes a slot", async () => {
    const added = await cluster.addPrimary();
    expect(cluster.nodes).toHaveLength(7);
    await cluster.moveSlot(12_345, added);
    expect(await cluster.primaryOf(12_345)).toBe(added);
    await cluster.settled();
  });
});

test("a Cluster may be small, without replicas", { timeout: patienceMs }, async () => {
  await using cluster = await redisCluster({ primaries: 2, replicasEach: 0 });
  expect(cluster.nodes).toHaveLength(2);
  expect(await cluster.primaryOf(8_191)).toBe(cluster.nodes[0]);
  expect(await cluster.primaryOf(8_192)).toBe(cluster.nodes[1]);
  await expect(cluster.failover(0)).rejects.toThrow("has no replica that could take its place");
});
