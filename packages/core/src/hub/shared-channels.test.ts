import { describe, expect, test } from "vitest";
import { makeNodes } from "../../test/two-nodes.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { BrokerQueues } from "../layer/broker.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";

const job = (id: number): { type: string; id: number } => ({ type: "job.run", id });
const timeout = { code: "CHANNEL_TIMEOUT" };

function queuesOf({ broker }: { readonly broker: { readonly queues: BrokerQueues | undefined } }): BrokerQueues {
  if (broker.queues === undefined) throw new Error("no queues");
  return broker.queues;
}

describe("plain channels that nodes share", () => {
  test("are closed in a moment although nobody can be told of what is settled, and nothing is handed out twice before", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    for (const id of [0, 1]) await here.layer.send("jobs", job(id));
    let tries = 0;
    queuesOf(here).settle = () => {
      tries += 1;
      return Promise.reject(new SolentError("LAYER_UNAVAILABLE"));
    };
    expect(await here.layer.receive("jobs")).toEqual(job(0));
    const since = performance.now();
    await here.layer.close();
    expect(performance.now() - since).toBeLessThan(1500);
    expect(tries).toBeLessThan(5);
    expect(await there.layer.receive("jobs", { timeoutMs: 0 })).toEqual(job(1));
    await there.layer.close();
  });

  test("tell again what is settled until it is heard, so that no other reader gets it", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network, { leaseMs: 400 });
    await here.layer.send("jobs", job(0));
    network.failNext("settle", new SolentError("LAYER_UNAVAILABLE"));
    expect(await here.layer.receive("jobs")).toEqual(job(0));
    await expect(there.layer.receive("jobs", { timeoutMs: 900 })).rejects.toMatchObject(timeout);
    for (const { layer } of [here, there]) await layer.close();
  });

  test("wait through pulls that fail, and find what nobody tells them of", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network, { leaseMs: 100 });
    // Words about new messages are lost.
    queuesOf(here).watch = () => undefined;
    network.failNext("pull", new SolentError("LAYER_UNCERTAIN"));
    const waiting = here.layer.receive("jobs");
    await network.settled();
    await there.layer.send("jobs", job(0));
    expect(await waiting).toEqual(job(0));
    // Who only looks is told instead.
    network.failNext("pull", new SolentError("LAYER_UNAVAILABLE"));
    await expect(here.layer.receive("jobs", { timeoutMs: 0 })).rejects.toMatchObject({ code: "LAYER_UNAVAILABLE" });
    for (const { layer } of [here, there]) await layer.close();
  });

  test("count what they cannot read, and hand out what follows", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    const options = { capacity: Infinity, expiryMs: 60_000 };
    const text = (value: string): Uint8Array => new TextEncoder().encode(`\u0001\u0000${value}`);
    const poison = [
      new Uint8Array(),
      text("{"),
      text("[0,7]"),
      text('[1,{"group":7}]'),
      text("[2]"),
      new Uint8Array([9, 0]),
    ];
    for (const [i, bytes] of poison.entries())
      await queuesOf(there).push("jobs", bytes, { ...options, id: `poison${i}` });
    await there.layer.send("jobs", job(1));
    expect(await here.layer.receive("jobs", { timeoutMs: 1000 })).toEqual(job(1));
    expect(here.layer.stats()).toMatchObject({ malformed: 5, unknownVersion: 1 });
    for (const { layer } of [here, there]) await layer.close();
  });

  test("are limited in number and in readers", async () => {
    const network = new InProcessNetwork();
    const broker = network.broker();
    await using layer = new HubChannelLayer({ maxPlainChannels: 2, capacity: 2000, expiryMs: 50 }, { broker });
    await network.settled();
    await layer.send("a", job(1));
    await layer.send("b", job(1));
    const busy = { code: "LAYER_BUSY", details: { limit: 2 } };
    await expect(layer.send("c", job(1))).rejects.toMatchObject(busy);
    for (const name of ["a", "b"]) void layer.receive(name).catch(() => undefined);
    await expect(layer.receive("c")).rejects.toMatchObject(busy);
    await layer.groupAdd("room", "a");
    await layer.groupAdd("room", "b");
    await expect(layer.groupAdd("room", "c")).rejects.toMatchObject(busy);
    // What was sent there must have expired by now.
    await expect(layer.receive("a", { timeoutMs: 80 })).rejects.toMatchObject(timeout);
    await layer.send("c", job(1));
    const readers = Array.from({ length: 1001 }, () => layer.receive("b").catch((error: unknown) => error));
    expect(await readers[1000]).toMatchObject({ code: "LAYER_BUSY", details: { limit: 1000 } });
  });

  test("have at most 1,000 messages in hand", async () => {
    const network = new InProcessNetwork();
    const broker = network.broker();
    await using layer = new HubChannelLayer({ capacity: 2000 }, { broker });
    await network.settled();
    await Promise.all(Array.from({ length: 1001 }, (_, id) => layer.send("jobs", job(id))));
    const held = await Promise.all(Array.from({ length: 1000 }, () => layer.lease("jobs")));
    await expect(layer.lease("jobs")).rejects.toMatchObject({ code: "LAYER_BUSY", details: { limit: 1000 } });
    await held[0]?.settle();
    expect((await layer.lease("jobs")).message.data).toEqual({ id: 1000 });
  });

  test("leave a notice where an event of a group could not be put into the queue, as soon as something can", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    await here.layer.groupAdd("room", "jobs");
    await there.layer.groupSend("room", job(0));
    await network.settled();
    network.failNext("push", new SolentError("LAYER_UNAVAILABLE"));
    for (const id of [1, 2]) {
      await there.layer.groupSend("room", job(id));
      await network.settled();
    }
    const got = [];
    for (let i = 0; i < 3; i += 1) got.push(await there.layer.receive("jobs", { timeoutMs: 1000 }));
    expect(got).toMatchObject([{ id: 0 }, { type: "group.gap", group: "room", cause: "loss" }, { id: 2 }]);
    expect(here.layer.stats().dropped).toBe(1);
    for (const { layer } of [here, there]) await layer.close();
  });
});
