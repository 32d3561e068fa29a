import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { connect } from "../support/peer.ts";
import { eventually } from "../support/redis/eventually.ts";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import { chatServers } from "./chat-servers.ts";
import { fleet } from "./fleet.ts";
import { listen } from "./listener.ts";

/** Everything at a server that a node could leave behind. */
async function traces(redis: RedisProcess): Promise<{ channels: string[]; connections: number }> {
  const channels = (await redis.control.call("PUBSUB", "CHANNELS")) as string[];
  const list = String(await redis.control.call("CLIENT", "LIST"));
  return { channels: channels.toSorted(), connections: list.trim().split("\n").length };
}

async function isAsBefore(redis: RedisProcess, before: Awaited<ReturnType<typeof traces>>): Promise<void> {
  await eventually("no subscription and no connection is left over", async () => {
    const now = await traces(redis);
    return JSON.stringify(now) === JSON.stringify(before);
  });
}

const ways = ["leaves", "vanishes", "crashes", "crashes everybody"] as const;

describe("memory and connection leaks", () => {
  test(
    "200 pages that leave, vanish, crash in receive, and crash in a handler of an event leave nothing behind",
    { timeout: 30_000 },
    async () => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url, { lingerMs: 1 });
      await using servers = await chatServers(nodes);
      const before = await traces(redis);
      const counts = nodes.layers.map((layer) => layer.stats());
      let pages = 0;
      const comeAndGo = async (): Promise<void> => {
        for (let n = pages++; n < 200; n = pages++) {
          const peer = await connect(servers.all[n % 2]!.port, { path: `/rooms/room${n % 20}?user=user${n}` });
          const way = ways[n % ways.length];
          if (way === "vanishes") peer.socket.terminate();
          else if (way === "leaves") peer.socket.close();
          else peer.send({ type: way === "crashes" ? "crash" : "crashEverybody", data: {} });
          await peer.end;
        }
      };
      await Promise.all(Array.from({ length: 16 }, comeAndGo));
      await isAsBefore(redis, before);
      for (const [i, layer] of nodes.layers.entries()) {
        const { channels, groups, memberships, queued, waiting } = layer.stats();
        const { channels: c, groups: g, memberships: m } = counts[i]!;
        expect({ channels, groups, memberships, queued, waiting }).toEqual({
          ...{ channels: c, groups: g, memberships: m },
          ...{ queued: 0, waiting: 0 },
        });
      }
      // What stays is a position for each group, and it goes by itself.
      const keys = await redis.control.keys(`${nodes.prefix}*`);
      for (const key of keys) expect(await redis.control.ttl(key)).toBeGreaterThan(0);
    },
  );

  test("connections to Redis stay two a node and server, however many members there are and however often they break", async () => {
    await using redis = await redisProcess();
    const before = (await traces(redis)).connections;
    await using nodes = await fleet(redis.url, { nodes: 3 });
    const isSix = async (): Promise<boolean> => (await traces(redis)).connections === before + 6;
    await Promise.all(
      nodes.layers.flatMap((layer) => Array.from({ length: 50 }, (_, i) => listen(layer, `room.${i}`))),
    );
    expect(await isSix()).toBe(true);
    for (let i = 0; i < 3; i += 1) {
      await redis.control.call("CLIENT", "KILL", "TYPE", "pubsub");
      await redis.control.call("CLIENT", "KILL", "TYPE", "normal");
      await nodes.settle();
    }
    await eventually("there are six connections again", isSix);
  });

  test("a channel that nobody reads holds no more than its capacity", async () => {
    await using nodes = await fleet(process.env["REDIS_URL"] ?? "", { capacity: 10 });
    const [here, there] = nodes.layers;
    const unread = await there!.newChannel();
    await here!.groupAdd("room", unread.name);
    for (let n = 0; n < 100; n += 1) await here!.groupSend("room", { type: "room.line", n });
    await nodes.settle();
    // Ten messages, and one notice that stands for the rest.
    expect(unread.pending).toBe(11);
    expect(there!.stats().dropped).toBe(90);
  });
});

describe("cleanup does not run", () => {
  const program = fileURLToPath(new URL("one-node.ts", import.meta.url));
  // The package that has a TypeScript loader.
  const cwd = fileURLToPath(new URL("../../examples/", import.meta.url));

  test("a process that is killed leaves no member and no subscription", { timeout: 30_000 }, async () => {
    await using redis = await redisProcess();
    const before = await traces(redis);
    const args = ["--conditions=@solent/source", "--import", "tsx", program, redis.url, "serve"];
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    try {
      expect(String(await once(child.stdout, "data"))).toBe("ready\n");
      expect((await traces(redis)).channels.length).toBeGreaterThan(20);
    } finally {
      child.kill("SIGKILL");
    }
    await ended;
    await isAsBefore(redis, before);
  });

  test("a member that is older than every expiry still hears its group, and is told of no hole", async () => {
    await using redis = await redisProcess();
    let nowMs = 0;
    const times = { expiryMs: 1000, groupExpiryMs: 1000, positionTtlMs: 1000 };
    await using nodes = await fleet(redis.url, { ...times, now: () => nowMs });
    const [here, there] = nodes.layers;
    const member = await listen(there!, "room");
    await here!.groupSend("room", { type: "room.line", from: "here", n: 1 });
    await member.hears("here", 1);
    nowMs += 10 * 86_400_000;
    // A day of silence for Redis: it has forgotten the position.
    const [position] = await redis.control.keys("*}room");
    await redis.control.pexpire(position!, 1);
    await eventually("the position has expired", async () => (await redis.control.exists(position!)) === 0);
    await here!.groupSend("room", { type: "room.line", from: "here", n: 2 });
    await member.hears("here", 2);
    expect(member.gaps).toEqual([]);
  });
});
