import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import { endAll, redisProcesses, type RedisProcess } from "../support/redis/redis-process.ts";
import { redisProxies } from "../support/redis/redis-proxies.ts";
import { emptyFleet, fleet, type Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { manyGroups } from "./many-groups.ts";

describe("several servers that know nothing of each other", () => {
  let servers: RedisProcess[] = [];
  beforeEach(async () => {
    servers = await redisProcesses([{}, {}, {}]);
  });
  afterEach(() => endAll(servers));

  /** The servers that know a group's position. */
  async function holders({ prefix }: Fleet, group: string): Promise<RedisProcess[]> {
    const counts = await Promise.all(servers.map(({ control }) => control.keys(`${prefix}{*}${group}`)));
    return servers.filter((_, i) => counts[i]!.length > 0);
  }

  test("a group stays on one of them, and all of them have groups", async () => {
    await using nodes = await fleet({ servers: servers.map(({ url }) => url) });
    const groups = await manyGroups(nodes, 30);
    for (const ledger of groups.ledgers) await ledger.sendMany(5);
    expect(await groups.faults()).toEqual([]);
    const all = await Promise.all(groups.ledgers.map(({ group }) => holders(nodes, group)));
    expect(all.map(({ length }) => length)).toEqual(all.map(() => 1));
    expect(new Set(all.flat()).size).toBe(3);
  });

  test("nodes that reach them by other addresses find each group on the same one, by the servers' names", async () => {
    await using proxies = await redisProxies(servers);
    await using nodes = emptyFleet();
    const named = (urls: readonly string[]) => urls.map((url, i) => ({ url, serverName: `server ${i}` }));
    nodes.add({ servers: named(servers.map(({ url }) => url)) });
    nodes.add({ servers: named(servers.map((server) => proxies.before(server).url)).toReversed() });
    await nodes.settle();
    const groups = await manyGroups(nodes, 20);
    for (const ledger of groups.ledgers) await ledger.sendMany(5);
    expect(await groups.faults()).toEqual([]);
  });

  test("while one of them is away its groups wait, and those of the others are sent and heard as always", async () => {
    await using nodes = await fleet({ servers: servers.map(({ url }) => url) });
    const groups = await manyGroups(nodes, 12);
    for (const ledger of groups.ledgers) await ledger.sendMany(3);
    const [dead] = servers;
    const isThere = async ({ group }: Ledger): Promise<boolean> => !(await holders(nodes, group)).includes(dead!);
    const alive: Ledger[] = [];
    for (const ledger of groups.ledgers) if (await isThere(ledger)) alive.push(ledger);
    expect(alive.length).toBeGreaterThan(3);
    await dead!.kill();
    await eventually("the nodes have noticed", async () => nodes.layers.every(({ isConnected }) => !isConnected));
    for (const ledger of alive) {
      await ledger.sendMany(20);
      expect(ledger.numbers()).toHaveLength(ledger.sent);
      for (const member of groups.members.get(ledger)!) {
        await member.hears(ledger.from, ledger.sent);
        expect(member.gaps).toEqual([]);
      }
    }
    await dead!.start();
    await nodes.settle();
    expect(await groups.faults()).toEqual([]);
  });
});
