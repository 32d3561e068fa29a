import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partitionTags } from "../../packages/redis-layer/src/layout/partitions.ts";
import { eventually } from "../support/redis/eventually.ts";
import { redisCluster, type RedisCluster } from "../support/redis/redis-cluster.ts";
import type { RedisProcess } from "../support/redis/redis-process.ts";
import { aclRules } from "./acl-rules.ts";
import { emptyFleet, fleet, type Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";
import { manyGroups } from "./many-groups.ts";

const timeout = 90_000;

describe("Redis Cluster and managed Redis: a Cluster of six", { timeout }, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await redisCluster();
  }, timeout);
  afterAll(() => cluster[Symbol.asyncDispose]());

  const location = () => ({ cluster: cluster.running.slice(0, 2).map(({ url }) => url) });

  /** A primary that is not this one. */
  async function otherPrimary(from: RedisProcess): Promise<RedisProcess> {
    for (const node of cluster.running) {
      if (node !== from && (await node.info("replication")).get("role") === "master") return node;
    }
    throw new Error("there is no other primary");
  }

  /** The slot of a group, by its channel. */
  async function slotOf({ prefix }: Fleet, group: string): Promise<number> {
    for (const { control } of cluster.running) {
      const [channel] = (await control.call("PUBSUB", "SHARDCHANNELS", `${prefix}{*}${group}`)) as string[];
      if (channel !== undefined) return cluster.slotOf(channel);
    }
    throw new Error(`nobody listens to ${group}`);
  }

  test("serves a user who may do exactly what the guide says, and says so when it is not enough", async () => {
    await using nodes = emptyFleet();
    const rules = aclRules.single.map((rule) => rule.replace("solent{", `${nodes.prefix}{`));
    const all = ["on", ">secret", ...rules, ...aclRules.cluster];
    const set = (...words: string[]) =>
      Promise.all(cluster.nodes.map(({ control }) => control.acl("SETUSER", "app", ...(words as [string]))));
    await set("reset", ...all);
    const options = { username: "app", password: "secret" };
    const here = { cluster: cluster.nodes.slice(0, 1).map(({ url }) => ({ url, ...options })), options };
    nodes.add(here);
    nodes.add(here);
    await nodes.settle();
    const groups = await manyGroups(nodes);
    for (const ledger of groups.ledgers) await ledger.sendMany(3);
    expect(await groups.faults()).toEqual([]);
    expect(nodes.problems).toEqual([]);
    for (const missing of ["spublish", "ssubscribe", "cluster|slots"]) {
      await set(`-${missing}`);
      nodes.add(here, { proofIntervalMs: 20, proofTimeoutMs: 100 });
      const name = missing.replace("|", "\\|");
      await eventually(`it is told that ${missing} is missing`, async () =>
        new RegExp(`no permissions.*${name}`).test(nodes.problems.join("\n")),
      );
      await set(`+${missing}`);
    }
  });

  test("spreads groups over its servers, and each node's subscriptions with them", async () => {
    await using nodes = await fleet(location());
    await manyGroups(nodes, 60);
    for (const { control } of cluster.running) {
      const channels = (await control.call("PUBSUB", "SHARDCHANNELS", `${nodes.prefix}{*}room.*`)) as string[];
      const [role] = (await control.call("ROLE")) as [string];
      if (role === "master") expect(channels.length).toBeGreaterThan(8);
      else expect(channels).toEqual([]);
    }
  });

  test("a slot moves step by step while messages are sent: none is lost in silence, and each step's are accepted", async () => {
    await using nodes = await fleet(location());
    const groups = await manyGroups(nodes);
    const slot = await slotOf(nodes, "room.0");
    const from = await cluster.primaryOf(slot);
    const to = await otherPrimary(from);
    groups.begin();
    await groups.accepts(20);
    const move = await cluster.beginMove(slot, to);
    await groups.accepts(20);
    await move.moveKeys();
    await groups.accepts(20);
    await move.assign();
    await groups.accepts(20);
    await nodes.settle();
    expect(await groups.faults()).toEqual([]);
    for (const ledger of groups.ledgers) expect(ledger.numbers().length, ledger.group).toBe(ledger.sent);
    await cluster.moveSlot(slot, from);
    expect(await groups.faults()).toEqual([]);
  });

  test("a slot moves step by step while jobs are sent: they wait for its end, and each is done once, in its order", async () => {
    await using nodes = await fleet(location(), { publishTimeoutMs: 30_000, capacity: 10_000 });
    const [here, there] = nodes.layers;
    const stop = new AbortController();
    const got: unknown[] = [];
    const reading = (async () => {
      for (;;) got.push((await there!.receive("jobs", { signal: stop.signal }))["id"]);
    })().catch(() => undefined);
    let [sent, accepted, isOver] = [0, 0, false];
    const sending = (async () => {
      for (; !isOver; sent += 1) {
        await here!.send("jobs", { type: "job.run", id: sent });
        accepted += 1;
      }
    })();
    const more = async (count: number): Promise<void> => {
      const target = accepted + count;
      await eventually("more are accepted", async () => accepted >= target);
    };
    await more(20);
    const slot = await slotOf(nodes, "+jobs");
    const from = await cluster.primaryOf(slot);
    const move = await cluster.beginMove(slot, await otherPrimary(from));
    await move.moveKeys();
    await move.assign();
    await more(50);
    isOver = true;
    await sending;
    await eventually("all are done", async () => got.length >= sent);
    stop.abort(new Error("enough"));
    await reading;
    expect(got).toEqual(Array.from({ length: sent }, (_, id) => id));
    await cluster.moveSlot(slot, from);
  });

  test("a failover by command while messages are sent: none is lost in silence", async () => {
    await using nodes = await fleet(location());
    const groups = await manyGroups(nodes);
    const slot = await slotOf(nodes, "room.0");
    groups.begin();
    await groups.accepts(20);
    await cluster.failover(slot);
    await groups.accepts(20);
    await nodes.settle();
    expect(await groups.faults()).toEqual([]);
    await cluster.settled();
  });

  test("a primary is killed while messages are sent: those of the others go on, and none is lost in silence", async () => {
    await using nodes = await fleet(location());
    const groups = await manyGroups(nodes);
    const slot = await slotOf(nodes, "room.0");
    const owner = await cluster.primaryOf(slot);
    const elsewhere: Ledger[] = [];
    for (const ledger of groups.ledgers) {
      if ((await cluster.primaryOf(await slotOf(nodes, ledger.group))) !== owner) elsewhere.push(ledger);
    }
    groups.begin();
    await groups.accepts(20);
    const counts = elsewhere.map((ledger) => ledger.numbers().length);
    const { killed } = await cluster.killPrimary(slot);
    await nodes.settle();
    await groups.accepts(20);
    expect(elsewhere.length).toBeGreaterThan(3);
    for (const [i, ledger] of elsewhere.entries()) expect(ledger.numbers().length).toBeGreaterThan(counts[i]!);
    expect(await groups.faults()).toEqual([]);
    await killed.restart({ keepData: true });
    await cluster.settled();
  });

  test("the node stays connected when the slot that knows what runs moves, and says there that it runs", async () => {
    await using nodes = await fleet(location());
    const slot = await cluster.slotOf(`${nodes.prefix}{${partitionTags[0]}}`);
    const from = await cluster.primaryOf(slot);
    const to = await otherPrimary(from);
    const [key] = await from.control.keys(`${nodes.prefix}{*}:deployments`);
    await from.control.del(key!);
    await cluster.moveSlot(slot, to);
    // Sooner than they would say it anyway, every ten seconds.
    await eventually("they say that they run", async () => (await to.control.exists(key!)) === 1, { patienceMs: 5000 });
    expect(nodes.layers.map(({ isConnected }) => isConnected)).toEqual([true, true]);
    await cluster.moveSlot(slot, from);
  });

  test("a direct send reaches a node whose inbox has moved to another server", async () => {
    await using nodes = await fleet(location());
    const [here, there] = nodes.layers;
    const member = await listen(there!, "room");
    const slot = await slotOf(nodes, `@${there!.node}`);
    const from = await cluster.primaryOf(slot);
    const to = await otherPrimary(from);
    await here!.send(member.seat.channelName, { type: "direct.line", from: "here", n: 1 });
    await cluster.moveSlot(slot, to);
    await eventually("the inbox is heard again", async () => {
      await here!.send(member.seat.channelName, { type: "direct.line", from: "here", n: 2 });
      return true;
    });
    await member.hears("here", 2);
    await cluster.moveSlot(slot, from);
  });
});
