import type { LayerMessage, Member } from "@solent/core/layer";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { type RedisCluster, redisCluster } from "../support/redis/redis-cluster.ts";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import { redisProxies } from "../support/redis/redis-proxies.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { movingAddress } from "./moving-address.ts";

/** Keeps what it gets, as one word each. */
class Reader implements Member {
  readonly got: unknown[] = [];

  deliver({ data, meta }: LayerMessage): boolean {
    this.got.push(meta.type === "group.gap" ? `gap (${String(data["cause"])})` : data["n"]);
    return true;
  }

  async until(...expected: readonly unknown[]): Promise<void> {
    await eventually(`it has got ${expected.join(", ")}`, async () => this.got.length >= expected.length);
    expect(this.got).toEqual(expected);
  }
}

/** The server that has the shard channel of a group, and the channel's slot. */
async function ownerOf(cluster: RedisCluster, group: string): Promise<{ owner: RedisProcess; slot: number }> {
  return eventually(`somebody listens to ${group}`, async () => {
    for (const node of cluster.running) {
      const [channel] = (await node.control.call("PUBSUB", "SHARDCHANNELS", `*}${group}`)) as string[];
      if (channel === undefined) continue;
      const slot = await cluster.slotOf(channel);
      return { slot, owner: await cluster.primaryOf(slot) };
    }
    return undefined;
  });
}

const say = (n: number) => ({ type: "chat.message", n });

describe("what chaos found", () => {
  test("a member hears of what was accepted and then lost with a primary, though the replica agrees with it", async () => {
    await using primary = await redisProcess();
    await using replica = await redisProcess({ replicaOf: primary });
    await replica.linked();
    await using address = await movingAddress(primary.port);
    await using proxy = await redisProxy({ port: address.port });
    await using other = new RedisPubSubChannelLayer({ redis: `redis://${address.address}`, prefix: "x" });
    const cutOff = { url: proxy.url, serverName: "127.0.0.1" };
    await using layer = new RedisPubSubChannelLayer({ redis: cutOff, prefix: "x" });
    const reader = new Reader();
    await layer.attach(reader).join("room");
    await other.groupSend("room", say(1));
    await reader.until(1);
    await primary.control.wait(1, 5000);
    await replica.loseLink();
    proxy.refuse();
    proxy.cut();
    await other.groupSend("room", say(2));
    await primary.kill();
    await replica.control.replicaof("NO", "ONE");
    address.lead(replica.port);
    await proxy.accept();
    await layer.ready();
    await other.ready();
    await other.groupSend("room", say(3));
    await reader.until(1, "gap (epoch)", 3);
  });

  test("what a server still had for a member does not come after what its slot's next server sent", async () => {
    await using cluster = await redisCluster();
    await using proxies = await redisProxies(cluster.nodes);
    const seeds = cluster.nodes.slice(0, 3);
    await using other = new RedisPubSubChannelLayer({ redis: { cluster: seeds.map(({ url }) => url) } });
    const through = { cluster: seeds.map((node) => proxies.before(node).url), addressMap: proxies.natMap };
    await using layer = new RedisPubSubChannelLayer({ redis: through, proofTimeoutMs: 20_000 });
    const reader = new Reader();
    await layer.attach(reader).join("room");
    await other.groupSend("room", say(1));
    await reader.until(1);
    const { owner, slot } = await ownerOf(cluster, "room");
    const [next, third] = seeds.filter((node) => node !== owner);
    proxies.before(owner).halfOpen();
    await other.groupSend("room", say(2));
    await cluster.moveSlot(slot, next!);
    // A lost connection to a third server makes the layer look where everything is.
    proxies.before(third!).cut();
    await eventually("it listens at the next server", async () => {
      const [channel] = (await next!.control.call("PUBSUB", "SHARDCHANNELS", "*}room")) as string[];
      const [, count] =
        channel === undefined ? [] : ((await next!.control.call("PUBSUB", "SHARDNUMSUB", channel)) as number[]);
      return count === 1;
    });
    await other.groupSend("room", say(3));
    await eventually("a message gets there", async () => reader.got.includes(3));
    const before = [...reader.got];
    proxies.before(owner).thaw();
    await layer.settled();
    await other.groupSend("room", say(4));
    await eventually("it has got the last one", async () => reader.got.includes(4));
    expect(reader.got).toEqual([...before, 4]);
    expect(before.slice(0, 2)).toEqual([1, expect.stringMatching(/^gap/)]);
  }, 60_000);

  test("a publisher finds a slot that has moved, though it never stops trying", async () => {
    await using cluster = await redisCluster();
    const redis = { cluster: cluster.nodes.map(({ url }) => url) };
    const [first, second] = cluster.nodes;
    await using layer = new RedisPubSubChannelLayer({ redis });
    const slot = await (async () => {
      await using reader = new RedisPubSubChannelLayer({ redis });
      await reader.attach(new Reader()).join("room");
      return (await ownerOf(cluster, "room")).slot;
    })();
    await layer.groupSend("room", say(0));
    // There and back, since the layer may look by itself shortly after its start.
    for (let n = 1; n <= 3; n += 1) {
      const owner = await cluster.primaryOf(slot);
      await cluster.moveSlot(slot, owner === first ? second! : first!);
      await layer.groupSend("room", say(n));
    }
  }, 60_000);

  test("a server keeps its connections when the slot over which they are proved moves away", async () => {
    await using cluster = await redisCluster();
    const redis = { cluster: cluster.nodes.map(({ url }) => url) };
    const problems: string[] = [];
    const onProblem = (problem: Error): void => void problems.push(problem.message);
    await using layer = new RedisPubSubChannelLayer({ redis, proofIntervalMs: 20, proofTimeoutMs: 500, onProblem });
    await layer.ready();
    const [from, to] = cluster.nodes;
    const homes = async (): Promise<string[]> =>
      (await from!.control.call("PUBSUB", "SHARDCHANNELS", "*}:node:*")) as string[];
    const [home] = await homes();
    await cluster.moveSlot(await cluster.slotOf(home!), to!);
    await eventually("it has another home there", async () => (await homes()).some((name) => name !== home));
    const proofs = async (): Promise<number> =>
      Number(/calls=(\d+)/.exec((await from!.info("commandstats")).get("cmdstat_spublish") ?? "")?.[1] ?? 0);
    const before = await proofs();
    // More than fit into the time that an answer may take.
    await eventually("it has been proved many times", async () => (await proofs()) > before + 40);
    expect(problems).toEqual([]);
  }, 60_000);

  test("a send that was put off is written when its time comes, though nobody sends anything else", async () => {
    await using server = await redisProcess({ args: ["--busy-reply-threshold", "1"] });
    await using layer = new RedisPubSubChannelLayer({ redis: server.url });
    await layer.ready();
    const spinner = server.client();
    const killer = server.client();
    await killer.ping();
    for (let round = 0; round < 10; round += 1) {
      const spinning = spinner.eval("while true do end", 0).catch(() => {});
      await eventually("it is busy", async () =>
        killer.get("x").then(
          () => false,
          () => true,
        ),
      );
      // Each in a partition of its own, put off one after the other; the first succeeds before the second may try.
      const sends = [layer.groupSend("room", say(1))];
      for (let turns = 0; turns < 3; turns += 1) await killer.get("x").catch(() => {});
      sends.push(layer.groupSend("hall", say(1)));
      for (let turns = 0; turns < 3; turns += 1) await killer.get("x").catch(() => {});
      await killer.script("KILL");
      await spinning;
      await Promise.all(sends);
    }
  }, 60_000);

  test("a send settles, and others work again, when answers stop coming and everything else goes on", async () => {
    await using server = await redisProcess();
    await using proxy = await redisProxy(server);
    const haste = { proofIntervalMs: 50, proofTimeoutMs: 300, publishTimeoutMs: 5000 };
    await using layer = new RedisPubSubChannelLayer({ redis: proxy.url, ...haste });
    await layer.ready();
    void proxy.cutAfterExecuting(1000, "evalsha");
    await expect(layer.groupSend("room", say(1))).rejects.toMatchObject({ code: "LAYER_UNCERTAIN" });
    await layer.groupSend("room", say(2));
    await layer.settled();
  });

  test("a member hears of a first message that was accepted and lost with all data", async () => {
    await using server = await redisProcess();
    await using proxy = await redisProxy(server);
    await using other = new RedisPubSubChannelLayer({ redis: server.url, prefix: "x" });
    await using layer = new RedisPubSubChannelLayer({ redis: proxy.url, prefix: "x" });
    const reader = new Reader();
    await layer.attach(reader).join("room");
    proxy.refuse();
    proxy.cut();
    await other.groupSend("room", say(1));
    await server.restart({ keepData: false });
    await proxy.accept();
    await layer.ready();
    await other.ready();
    await other.groupSend("room", say(2));
    await reader.until("gap (epoch)", 2);
  });
});
