import type { ChannelLayer, LayerMessage } from "@solent/core/layer";
import { describe, expect, test } from "vitest";
import { redisProcess } from "../support/redis/redis-process.ts";
import { redisProxy } from "../support/redis/redis-proxy.ts";
import { until } from "../support/turns.ts";
import { fleet } from "./fleet.ts";
import { Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";

const history = { "chat.*": { messages: 200, ageMs: 60_000 } };
const group = "chat.red";

interface Back {
  readonly recovered: boolean;
  readonly heard: LayerMessage[];
}

async function comeBack(layer: ChannelLayer, since: string | undefined): Promise<Back> {
  const heard: LayerMessage[] = [];
  const seat = layer.attach({ deliver: (message) => heard.push(message) > 0 });
  const { recovered } = await seat.join(group, { since });
  return { recovered, heard };
}

describe("a group that remembers", () => {
  test("has an event once whose sender was cut off before the answer, and the sender is sure of it", async () => {
    await using redis = await redisProcess();
    await using proxy = await redisProxy(redis);
    await using nodes = await fleet(redis.url, { nodes: 1, history });
    const member = await listen(nodes.layers[0]!, group);
    const sender = nodes.add(proxy.url, { history });
    await sender.ready();
    const ledger = new Ledger(sender, group);
    await ledger.sendMany(5);
    const cut = proxy.cutAfterExecuting(1, "evalsha");
    expect(await ledger.send()).toBe("accepted");
    await cut;
    expect(await ledger.send()).toBe("accepted");
    await member.hears(ledger.from, 7);
    expect(member.numbers(ledger.from)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect((await sender.history(group)).events.map(({ data }) => data["n"])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("lets a node that was cut off read what it missed, and its members notice nothing", async () => {
    await using redis = await redisProcess();
    await using proxy = await redisProxy(redis);
    await using nodes = await fleet(redis.url, { nodes: 1, history });
    const cutOff = nodes.add(proxy.url, { history });
    await cutOff.ready();
    const member = await listen(cutOff, group);
    const ledger = new Ledger(nodes.layers[0]!, group);
    await ledger.sendMany(3);
    await member.hears(ledger.from, 3);
    proxy.cut();
    await until(() => !cutOff.isConnected);
    await ledger.sendMany(20);
    await member.hears(ledger.from, 23);
    await nodes.settle();
    expect(member.numbers(ledger.from)).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
    expect(member.gaps).toEqual([]);
  });

  test("is read once for a thousand members that come back", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { history });
    const [elsewhere, layer] = nodes.layers;
    const first = await comeBack(elsewhere!, undefined);
    for (let n = 0; n < 100; n += 1) await layer!.groupSend(group, { type: "room.line", n });
    await until(() => first.heard.length === 100);
    const lists = async (): Promise<number> => {
      const line = (await redis.info("commandstats")).get("cmdstat_lrange") ?? "calls=0,";
      return Number(/calls=(\d+)/.exec(line)?.[1]);
    };
    const before = await lists();
    const since = first.heard[49]!.meta.position;
    const all = await Promise.all(Array.from({ length: 1000 }, () => comeBack(layer!, since)));
    expect(new Set(all.map(({ recovered, heard }) => `${recovered} ${heard.length}`))).toEqual(new Set(["true 50"]));
    expect(all[0]!.heard[0]).toBe(all[999]!.heard[0]);
    expect((await lists()) - before).toBe(1);
  });

  test("costs less than 300 bytes beside a short message, also where it remembers a single one", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1, history });
    const used = async (): Promise<number> => Number((await redis.info("memory")).get("used_memory"));
    await nodes.layers[0]!.groupSend("chat.warm", { type: "room.line", text: "x" });
    const before = await used();
    const count = 2000;
    const sends = Array.from({ length: count }, (_, i) =>
      nodes.layers[0]!.groupSend(`chat.${i}`, { type: "room.line", text: "x".repeat(50) }),
    );
    await Promise.all(sends);
    // The position, which is there without history too, and the list.
    expect((await used()) - before).toBeLessThan(count * (300 + 300));
  });

  test("begins anew where Redis has lost it, and nothing old is recovered", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1, history });
    const [layer] = nodes.layers;
    const first = await comeBack(layer!, undefined);
    for (let n = 0; n < 5; n += 1) await layer!.groupSend(group, { type: "room.line", n });
    await until(() => first.heard.length === 5);
    const since = first.heard[2]!.meta.position;
    await redis.control.flushall();
    for (let n = 5; n < 10; n += 1) await layer!.groupSend(group, { type: "room.line", n });
    await until(() => first.heard.at(-1)?.data["n"] === 9);
    expect(await comeBack(layer!, since)).toEqual({ recovered: false, heard: [] });
    const back = await comeBack(layer!, first.heard.at(-2)!.meta.position);
    expect([back.recovered, back.heard.map(({ data }) => data["n"])]).toEqual([true, [9]]);
  });
});
