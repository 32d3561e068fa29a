import { describe, expect, test } from "vitest";
import { type RedisProcess, redisProcess } from "../support/redis/redis-process.ts";
import { until } from "../support/turns.ts";
import { type Fleet, fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { Listener, listen } from "./listener.ts";

const room = "room";

/** Two nodes with a member each, one of which sends. */
async function drill(redis: RedisProcess): Promise<{ nodes: Fleet; ledger: Ledger; members: readonly Listener[] }> {
  const nodes = await fleet(redis.url);
  const members = [];
  for (const layer of nodes.layers) members.push(await listen(layer, room));
  return { nodes, ledger: new Ledger(nodes.layers[0]!, room), members };
}

/** Everybody hears what is sent now, without having done anything for it, and nothing is missing in silence. */
async function isHealed({ nodes, ledger, members }: Awaited<ReturnType<typeof drill>>): Promise<void> {
  await nodes.settle();
  expect(await ledger.send()).toBe("accepted");
  await Promise.all(members.map((member) => member.hears(ledger.from, ledger.sent)));
  expect(members.map((member) => faults(ledger, member))).toEqual([[], []]);
}

describe("silent loss across a Redis hiccup", () => {
  test("60 sends, the subscriber connections killed after 15: no send fails, none is lost in silence, none comes twice", async () => {
    await using redis = await redisProcess();
    const world = await drill(redis);
    await using _ = world.nodes;
    const { ledger, members } = world;
    await ledger.sendMany(15);
    const killed = Number(await redis.control.call("CLIENT", "KILL", "TYPE", "pubsub"));
    expect(killed).toBe(2);
    await ledger.sendMany(45);
    await isHealed(world);
    expect(ledger.numbers()).toHaveLength(61);
    for (const member of members) {
      // The hole is as large as what was sent meanwhile, and never told when nothing was.
      const missing = 61 - member.numbers(ledger.from).length;
      expect(member.gaps).toHaveLength(missing === 0 ? 0 : 1);
      if (missing > 0) expect(member.gaps[0]).toMatchObject({ group: room, cause: "reconnect" });
    }
  });

  test("60 sends, Redis killed after 15 and back with its data: only sends that say so fail, and nothing is lost in silence", async () => {
    await using redis = await redisProcess();
    const world = await drill(redis);
    await using _ = world.nodes;
    const { ledger } = world;
    await ledger.sendMany(15);
    await redis.kill();
    const rest = ledger.sendMany(45);
    await redis.start();
    await rest;
    await isHealed(world);
    // What was not written yet waits; what was written when the process died is not known.
    expect(ledger.numbers("LAYER_UNAVAILABLE")).toEqual([]);
    expect(ledger.numbers().length + ledger.numbers("LAYER_UNCERTAIN").length).toBe(61);
  });

  test.each(["pubsub", "normal"])("connections of type %s killed six times under load", async (type) => {
    await using redis = await redisProcess();
    const world = await drill(redis);
    await using _ = world.nodes;
    const { ledger } = world;
    let kills = 0;
    const sending = ledger.sendUntil(() => kills === 6 && ledger.sent > 700);
    for (; kills < 6; kills += 1) {
      const sent = ledger.sent;
      await until(() => ledger.sent >= sent + 100);
      await redis.control.call("CLIENT", "KILL", "TYPE", type);
    }
    await sending;
    await isHealed(world);
    expect(ledger.numbers().length).toBeGreaterThan(500);
  });

  test.each([
    ["with its data", true],
    ["empty", false],
  ])("Redis killed under load and back %s", async (_, keepData) => {
    await using redis = await redisProcess();
    const world = await drill(redis);
    await using _nodes = world.nodes;
    const { ledger, members } = world;
    let isBack = false;
    let after = Infinity;
    const sending = ledger.sendUntil(() => isBack && ledger.numbers().length > after);
    await until(() => ledger.numbers().length > 200);
    await redis.restart({ keepData });
    await Promise.all(world.nodes.layers.map((layer) => layer.ready()));
    isBack = true;
    after = ledger.numbers().length + 200;
    await sending;
    await isHealed(world);
    // An empty Redis cannot say what was sent last before it died, so it is told as a hole.
    if (!keepData) for (const member of members) expect(member.gaps.map(({ cause }) => cause)).toEqual(["epoch"]);
  });

  test("what is sent while Redis is away is accepted when it is back; who was not subscribed by then is told", async () => {
    await using redis = await redisProcess();
    const world = await drill(redis);
    await using _ = world.nodes;
    const { ledger, nodes } = world;
    await ledger.sendMany(10);
    await nodes.settle();
    await redis.kill();
    await until(() => nodes.layers.every(({ isConnected }) => !isConnected));
    const waiting = ledger.sendMany(30);
    await redis.start();
    await waiting;
    await isHealed(world);
    expect(ledger.numbers()).toHaveLength(41);
  });

  test("connections cut again and again while members come and go: in the end a send reaches exactly those that are there", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { lingerMs: 1 });
    const members = nodes.layers.flatMap((layer) => Array.from({ length: 10 }, () => new Listener(layer)));
    for (let cut = 0; cut < 4; cut += 1) {
      const changes = members.map(({ seat }, i) => (i % 2 === cut % 2 ? seat.join(room) : seat.leave(room)));
      await redis.control.call("CLIENT", "KILL", "TYPE", cut < 2 ? "pubsub" : "normal");
      await Promise.all(changes);
    }
    await nodes.settle();
    const ledger = new Ledger(nodes.layers[0]!, room, "the end");
    await ledger.send();
    const there = members.filter((_, i) => i % 2 === 1);
    await Promise.all(there.map((member) => member.hears("the end", 1)));
    await nodes.settle();
    expect(members.map((member) => member.numbers("the end").length)).toEqual(members.map((_, i) => i % 2));
  });
});
