import type { RedisPubSubChannelLayerOptions } from "@solent/redis-layer";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess, redisProcesses, type RedisProcess } from "../support/redis/redis-process.ts";
import { turn } from "../support/turns.ts";
import { emptyFleet, type Fleet, fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { listen, type Listener } from "./listener.ts";

describe("nodes that could not hear each other", () => {
  const rows: readonly [string, RedisPubSubChannelLayerOptions, RegExp][] = [
    ["another format", { serializerFormat: "msgpack" }, /"serializerFormat":"json"/],
    ["encryption", { symmetricEncryptionKeys: ["a long random text"] }, /"isEncrypted":false/],
  ];

  test.each(rows)("a node with %s is refused before it is ready, and told what runs", async (_, options, running) => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url);
    const stranger = nodes.add(redis.url, options);
    const tooEarly = stranger.groupSend("room", { type: "room.line" });
    await expect(tooEarly).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(stranger.ready()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(running),
    });
    await expect(stranger.groupSend("room", { type: "room.line" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const channel = await stranger.newChannel();
    await expect(stranger.groupAdd("room", channel.name)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    // Those that run go on.
    const member = await listen(nodes.layers[1]!, "room");
    await nodes.layers[0]!.groupSend("room", { type: "room.line", from: "it", n: 1 });
    await member.hears("it", 1);
    expect(nodes.layers.slice(0, 2).map((layer) => layer.stats().malformed)).toEqual([0, 0]);
  });

  test("a node with other servers is refused by those that it shares with nodes that run", async () => {
    await using servers = await redisProcesses([{}, {}, {}]);
    const [a, b, c] = servers.map(({ url }) => url) as [string, string, string];
    await using nodes = await fleet({ servers: [a, b] });
    for (const location of [{ servers: [a, b, c] }, { servers: [b] }, a]) {
      await expect(nodes.add(location).ready()).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("previousServers"),
      });
    }
    // The order does not matter.
    await nodes.add({ servers: [b, a] }).ready();
  });

  test("what ran before may be forgotten: a new configuration starts when no lease of the old one is left", async () => {
    await using redis = await redisProcess();
    await using before = await fleet(redis.url, { nodes: 1 });
    await Promise.all(before.layers.map((layer) => layer.close()));
    await using nodes = emptyFleet();
    await expireAll(redis, before.prefix);
    await nodes.add(redis.url, { serializerFormat: "msgpack", prefix: before.prefix }).ready();
  });
});

/** Ends the leases of all configurations, as time does. */
async function expireAll(redis: RedisProcess, prefix: string): Promise<void> {
  const key = await deploymentsOf(redis, prefix);
  for (const configuration of await redis.control.zrange(key, "0", "-1"))
    await redis.control.zadd(key, "1", configuration);
}

async function deploymentsOf(redis: RedisProcess, prefix: string): Promise<string> {
  const [key] = await redis.control.keys(`${prefix}{*}:deployments`);
  return key!;
}

/** How many messages a server was sent for groups that are called so. */
async function positions(redis: RedisProcess, { prefix }: Fleet): Promise<number> {
  const keys = await redis.control.keys(`${prefix}{*}room.*`);
  const values = keys.length === 0 ? [] : await redis.control.mget(keys);
  return values.reduce((sum, value) => sum + Number(value?.split(" ")[0]), 0);
}

describe("replacing servers while nodes run", () => {
  test("messages flow all the time from and to nodes of both kinds, and none is lost or doubled", async () => {
    await using servers = await redisProcesses([{}, {}, {}]);
    const [a, b, c] = servers;
    const before = { servers: [a.url, b.url] };
    const after = { servers: [b.url, c.url], previousServers: before.servers };
    await using nodes = emptyFleet();
    const old = [nodes.add(before), nodes.add(before)];
    await nodes.settle();
    const groups = Array.from({ length: 12 }, (_, i) => `room.${i}`);
    const members: Listener[] = [];
    const ledgers: Ledger[] = [];
    const isOver = { value: false };
    const sending: Promise<void>[] = [];
    const join = async (layer: Fleet["layers"][number]): Promise<void> => {
      for (const group of groups) members.push(await listen(layer, group));
    };
    const begin = (layer: Fleet["layers"][number], name: string): void => {
      for (const group of groups) {
        const ledger = new Ledger(layer, group, name);
        ledgers.push(ledger);
        sending.push(ledger.sendUntil(() => isOver.value || ledger.sent > 5000, 1));
      }
    };
    for (const layer of old) await join(layer);
    begin(old[0]!, "old 0");
    begin(old[1]!, "old 1");
    // One after the other is replaced by a node that knows both lists.
    const next = nodes.add(after);
    await next.ready();
    const joinedLate = await Promise.all(groups.map((group) => listen(next, group)));
    begin(next, "new 0");
    for (let i = 0; i < 50; i += 1) await turn();
    // While an old one runs, everything is on the old servers.
    expect(await positions(c, nodes)).toBe(0);
    isOver.value = true;
    await Promise.all(sending);
    await nodes.settle();
    for (const ledger of ledgers) {
      const here = members.filter((_, k) => groups[k % groups.length] === ledger.group);
      expect(ledger.numbers()).toHaveLength(ledger.sent);
      expect(here.map((member) => member.numbers(ledger.from))).toEqual(here.map(() => ledger.numbers()));
      expect(here.flatMap(({ gaps }) => gaps)).toEqual([]);
      // Who came in the middle has heard everything from some moment on.
      const late = joinedLate[groups.indexOf(ledger.group)]!.numbers(ledger.from);
      expect(late.length).toBeGreaterThan(0);
      expect(late).toEqual(ledger.numbers().slice(ledger.sent - late.length));
    }
  });

  test("a new node that sends before it is ready is heard by the old ones", async () => {
    await using servers = await redisProcesses([{}, {}]);
    const [a, b] = servers;
    await using nodes = await fleet(a.url, { nodes: 1 });
    const member = await listen(nodes.layers[0]!, "room");
    const ledger = new Ledger(nodes.add({ servers: [b.url], previousServers: [a.url] }), "room");
    await ledger.sendMany(50);
    await member.hears(ledger.from, 50);
    expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
  });

  test("a new server that is away keeps nobody from hearing what is sent on the old one, and is joined when it is back", async () => {
    await using servers = await redisProcesses([{}, {}]);
    const [a, b] = servers;
    await using nodes = emptyFleet();
    const old = nodes.add(a.url);
    await old.ready();
    const next = nodes.add({ servers: [b.url], previousServers: [a.url] });
    await nodes.settle();
    const early = await listen(next, "room");
    await b.kill();
    const late = await listen(next, "late");
    const ledgers = [new Ledger(old, "room"), new Ledger(next, "late")];
    for (const ledger of ledgers) await ledger.sendMany(20);
    await early.hears(ledgers[0]!.from, 20);
    await late.hears(ledgers[1]!.from, 20);
    await b.start();
    await eventually("both groups are subscribed at the new server", async () => {
      const channels = (await b.control.call("PUBSUB", "CHANNELS", `${nodes.prefix}{*}*`)) as string[];
      return ["room", "late"].every((group) => channels.some((channel) => channel.endsWith(`}${group}`)));
    });
    expect([early.gaps, late.gaps]).toEqual([[], []]);
  });

  test("when no old node runs any more, publishing moves to the new servers, and nothing is lost or doubled on the way", async () => {
    await using servers = await redisProcesses([{}, {}]);
    const [a, b] = servers;
    await using nodes = emptyFleet();
    const old = nodes.add(a.url);
    await old.ready();
    const after = { servers: [b.url], previousServers: [a.url] };
    const [here, there] = [nodes.add(after), nodes.add(after)];
    await nodes.settle();
    const members = await Promise.all([here, there].map((layer) => listen(layer, "room.1")));
    const ledger = new Ledger(here, "room.1");
    await ledger.sendMany(50);
    expect([await positions(a, nodes), await positions(b, nodes)]).toEqual([50, 0]);
    await old.close();
    await expireAll(a, nodes.prefix);
    // A node that connects again asks again; others do so every ten seconds.
    await a.control.call("CLIENT", "KILL", "TYPE", "normal");
    await eventually("publishing has moved", async () => {
      await ledger.send();
      return (await positions(b, nodes)) > 0;
    });
    await ledger.sendMany(50);
    await nodes.layers[1]!.settled();
    for (const member of members) {
      await member.hears(ledger.from, ledger.sent);
      expect(faults(ledger, member)).toEqual([]);
      expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
    }
    // The old server is not needed any more.
    await a.kill();
    expect(await ledger.send()).toBe("accepted");
    await there.send(members[0]!.seat.channelName, { type: "direct.line", from: "there", n: 1 });
    await members[0]!.hears("there", 1);
    // So nodes may leave it out, in either form.
    for (const [i, redis] of [{ servers: [b.url] }, b.url].entries()) {
      const last = nodes.add(redis);
      await last.ready();
      await last.groupSend("room.1", { type: "room.line", from: "last", n: i });
      for (const member of members) await member.hears("last", i);
    }
  });

  test("jobs that wait on the old servers are done by nodes that know both, and go on when the old ones are gone", async () => {
    await using servers = await redisProcesses([{}, {}]);
    const [a, b] = servers;
    await using nodes = emptyFleet();
    const old = nodes.add(a.url);
    await old.ready();
    const next = nodes.add({ servers: [b.url], previousServers: [a.url] });
    await nodes.settle();
    const job = (id: number): { type: string; id: number } => ({ type: "job.run", id });
    for (const id of [0, 1]) await old.send("jobs", job(id));
    await next.send("jobs", job(2));
    await old.close();
    await expireAll(a, nodes.prefix);
    await a.control.call("CLIENT", "KILL", "TYPE", "normal");
    await eventually("sending has moved", async () => {
      await next.send("moved", job(0));
      return (await b.control.keys(`${nodes.prefix}{*}+moved`)).length > 0;
    });
    await next.send("jobs", job(3));
    const got = await Promise.all([0, 1, 2, 3].map(() => next.receive("jobs", { timeoutMs: 10_000 })));
    expect(new Set(got.map(({ id }) => id))).toEqual(new Set([0, 1, 2, 3]));
    expect(await next.receive("moved", { timeoutMs: 5000 })).toEqual(job(0));
    await nodes.layers[1]!.settled();
    // Settled where they were.
    const left = (await a.control.keys(`${nodes.prefix}{*}+jobs*`)).map((key) => key.slice(key.indexOf("+")));
    expect(new Set(left)).toEqual(new Set(["+jobs:about", "+jobs:seen"]));
    await a.kill();
    const waiting = next.receive("jobs", { timeoutMs: 10_000 });
    await next.send("jobs", job(4));
    expect(await waiting).toEqual(job(4));
  });
});
