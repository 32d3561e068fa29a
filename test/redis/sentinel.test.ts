import { expect, test } from "vitest";
import { redisSentinel, type RedisSentinel } from "../support/redis/redis-sentinel.ts";
import { fleet } from "./fleet.ts";
import { manyGroups } from "./many-groups.ts";

const timeout = 90_000;

const location = ({ sentinels, name }: RedisSentinel, password?: string) => ({
  sentinels: sentinels.map(({ host, port }) => ({ host, port })),
  name,
  ...(password !== undefined && { options: { password } }),
});

test.each(["command", "kill"] as const)(
  "a Sentinel failover by %s while publishing: every accepted message arrives or a hole is told",
  { timeout },
  async (by) => {
    await using redis = await redisSentinel({ password: "secret" });
    await using nodes = await fleet(location(redis, "secret"));
    const groups = await manyGroups(nodes, 6);
    groups.begin();
    await groups.accepts(30);
    const { primary } = await redis.failover(by);
    // The old one takes writes until it is told that it is a replica.
    if (by === "command") await redis.settled();
    await nodes.settle();
    await groups.accepts(30);
    expect(await groups.faults()).toEqual([]);
    expect(await primary.control.call("PUBSUB", "CHANNELS", `${nodes.prefix}*}room.0`)).toHaveLength(1);
  },
);

test(
  "a stale replica takes over: new events get old numbers, and are heard all the same; the break is told",
  { timeout },
  async () => {
    await using redis = await redisSentinel();
    await using nodes = await fleet(location(redis));
    const groups = await manyGroups(nodes, 3);
    const [primary, replica] = redis.servers;
    for (const ledger of groups.ledgers) await ledger.sendMany(50);
    expect(await primary!.control.wait(1, 5000)).toBe(1);
    await replica!.loseLink();
    for (const ledger of groups.ledgers) await ledger.sendMany(50);
    await nodes.settle();
    await primary!.kill();
    expect(await redis.primary()).toBe(replica);
    await nodes.settle();
    for (const ledger of groups.ledgers) await ledger.sendMany(30);
    expect(await groups.faults()).toEqual([]);
    for (const [ledger, members] of groups.members) {
      for (const member of members) {
        // All that was sent before was heard, and what came after, under numbers that were used before.
        expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
        expect(member.gaps.map(({ cause }) => cause)).toEqual(["epoch"]);
      }
    }
  },
);
