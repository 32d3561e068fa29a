import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { redisProxies } from "./redis-proxies.ts";
import { redisSentinel } from "./redis-sentinel.ts";

const patienceMs = 60_000;

test("sentinels lead a client to the primary, also after a failover by command", { timeout: patienceMs }, async () => {
  await using all = await redisSentinel({ password: "secret" });
  const [first, second] = all.servers;
  expect(await all.primary()).toBe(first);
  const client = all.client();
  await client.set("name", "value");
  expect(await first!.control.get("name")).toBe("value");

  expect(await all.failover("command")).toEqual({ old: first, primary: second });
  await all.settled();
  expect((await first!.info("replication")).get("role")).toBe("slave");
  expect(await eventually("the client is back", () => client.get("name"))).toBe("value");
  await eventually("it may write", () => client.set("name", "other"));
  expect(await second!.control.get("name")).toBe("other");
});

test(
  "a killed primary is replaced by one of two replicas, and comes back as a replica",
  { timeout: patienceMs },
  async () => {
    await using all = await redisSentinel({ replicas: 2 });
    const client = all.client();
    await client.set("name", "value");
    await client.wait(2, 0);
    const { old, primary } = await all.failover("kill");
    expect(old).toBe(all.servers[0]);
    expect(old.isRunning).toBe(false);
    expect(all.servers.slice(1)).toContain(primary);
    expect(await eventually("the client is back", () => client.get("name"))).toBe("value");

    await old.restart({ keepData: true });
    await all.settled();
    expect((await old.info("replication")).get("role")).toBe("slave");
    const again = await all.failover("command");
    expect(again.old).toBe(primary);
  },
);

test("a stale replica is promoted without what it has missed", { timeout: patienceMs }, async () => {
  await using all = await redisSentinel();
  const [primary, replica] = all.servers;
  const client = all.client();
  await client.set("n", 1);
  await client.wait(1, 0);
  await replica!.loseLink();
  for (let n = 2; n <= 50; n++) await client.set("n", n);
  await primary!.kill();
  expect(await all.primary()).toBe(replica);
  expect(await eventually("the client is back", () => client.get("n"))).toBe("1");
  // Its former primary comes back as its replica, and forgets what only it had.
  await primary!.restart({ keepData: true });
  await all.settled();
  expect(await primary!.control.get("n")).toBe("1");
});

test("proxies stand between a client and the servers that the sentinels name", { timeout: patienceMs }, async () => {
  await using all = await redisSentinel();
  await using proxies = await redisProxies(all.servers);
  const client = all.client({ natMap: proxies.natMap });
  await client.set("name", "value");
  expect(proxies.all.map(({ connections }) => connections)).toEqual([1, 0]);
  await all.failover("kill");
  await eventually("the client is back", () => client.get("name"));
  expect(proxies.before(all.servers[1]!).connections).toBe(1);
});
