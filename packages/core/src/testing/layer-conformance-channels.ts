import type { ChannelLayer } from "../layer/channel-layer.ts";
import { type ConformanceCase, equal, holds, oneLayer, rejects } from "./layer-conformance-case.ts";

const job = (n: number): { type: string; n: number } => ({ type: "job.run", n });

async function drain(layer: ChannelLayer, channel: string): Promise<unknown[]> {
  const got: unknown[] = [];
  for (;;) {
    try {
      const message = await layer.receive(channel, { timeoutMs: 0 });
      got.push(message["n"] ?? message.type);
    } catch {
      return got;
    }
  }
}

/** Channels: direct sends, readers, names, expiry. */
export const channelCases: readonly ConformanceCase[] = [
  {
    name: "hands out the messages of a plain channel in the order they were sent, and keeps nothing of it",
    async run(harness) {
      const layer = await oneLayer(harness);
      for (const n of [1, 2, 3]) await layer.send("jobs", job(n));
      // What waits in a queue of all nodes is not this node's.
      equal(layer.stats().queued, layer.capabilities.queues ? 0 : 3, "queued");
      equal(await layer.receive("jobs"), job(1), "the first");
      equal(await drain(layer, "jobs"), [2, 3], "the rest");
      const { channels, queued } = layer.stats();
      equal([channels, queued], [0, 0], "channels and messages left");
    },
  },
  {
    name: "wakes waiting readers in the order they came, each with one message",
    async run(harness) {
      const layer = await oneLayer(harness);
      const readers = [1, 2, 3].map(() => layer.receive("jobs"));
      for (const n of [1, 2, 3]) await layer.send("jobs", job(n));
      equal(await Promise.all(readers), [job(1), job(2), job(3)], "what the readers got");
      equal(layer.stats().readers, 0, "readers left");
    },
  },
  {
    name: "gives every message of a plain channel to exactly one of many readers",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 200 });
      const readers = Array.from({ length: 100 }, () => layer.receive("jobs"));
      for (let n = 0; n < 200; n += 1) await layer.send("jobs", job(n));
      const early = (await Promise.all(readers)).map((message) => message["n"]);
      const late = await drain(layer, "jobs");
      equal(
        [...early, ...late],
        Array.from({ length: 200 }, (_, n) => n),
        "messages, each once",
      );
    },
  },
  {
    name: "refuses a message beyond the capacity of a plain channel and keeps the earlier ones",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 3 });
      for (const n of [1, 2, 3]) await layer.send("jobs", job(n));
      await rejects(() => layer.send("jobs", job(4)), "CHANNEL_FULL", "the fourth send");
      equal(await drain(layer, "jobs"), [1, 2, 3], "what was kept");
      await layer.send("jobs", job(5));
      equal(await drain(layer, "jobs"), [5], "what fits again");
    },
  },
  {
    name: "takes the capacity of the first pattern that matches the whole name",
    async run(harness) {
      const channelCapacity = new Map<string | RegExp, number>([
        ["mail.*", 1],
        [/^mail\.fast$/, 9],
        ["thumb?", 2],
      ]);
      const layer = await oneLayer(harness, { capacity: 3, channelCapacity });
      const fits = async (name: string): Promise<number> => {
        let count = 0;
        const more = (): Promise<boolean> =>
          layer.send(name, job(count)).then(
            () => true,
            () => false,
          );
        while (count < 20 && (await more())) count += 1;
        return count;
      };
      const counts = [await fits("mail.fast"), await fits("thumb1"), await fits("thumb12"), await fits("xmail.a")];
      equal(counts, [1, 2, 3, 3], "capacities");
      equal(layer.capacityOf("mail.slow"), 1, "what capacityOf says");
    },
  },
  {
    name: "reaches a channel opened by hand by its name, until it is closed",
    async run(harness) {
      const layer = await oneLayer(harness);
      const channel = await layer.newChannel();
      await layer.send(channel.name, job(1));
      equal(channel.pending, 1, "pending");
      equal(await channel.receive(), job(1), "the message");
      const waiting = rejects(() => channel.receive(), "CHANNEL_UNREACHABLE", "the waiting reader");
      channel.close();
      await waiting;
      await rejects(() => layer.send(channel.name, job(2)), "CHANNEL_UNREACHABLE", "a send afterwards");
      equal(layer.stats().channels, 0, "channels left");
    },
  },
  {
    name: "rejects a send to a name that belongs to nobody",
    async run(harness) {
      const layer = await oneLayer(harness);
      const channel = await layer.newChannel();
      await rejects(() => layer.send(`${channel.name}x`, job(1)), "CHANNEL_UNREACHABLE", "a name never given");
      await rejects(
        () => layer.send("specific.nowhere!1", job(1)),
        "CHANNEL_UNREACHABLE",
        "a node that does not exist",
      );
      await rejects(() => layer.groupAdd("room", `${channel.name}x`), "CHANNEL_UNREACHABLE", "joining it");
    },
  },
  {
    name: "refuses a direct send to a full member and drops nothing for it",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 2, overflow: "dropOldest" });
      const channel = await layer.newChannel();
      await layer.send(channel.name, job(1));
      await layer.send(channel.name, job(2));
      await rejects(() => layer.send(channel.name, job(3)), "CHANNEL_FULL", "the third send");
      equal([await channel.receive(), await channel.receive()], [job(1), job(2)], "what was kept");
      equal(channel.pending, 0, "pending");
    },
  },
  {
    name: "loses no message to a reader that gives up",
    async run(harness) {
      const layer = await oneLayer(harness, { capacity: 200 });
      const got: unknown[] = [];
      for (let n = 0; n < 100; n += 1) {
        const controller = new AbortController();
        const reader = layer.receive("jobs", { signal: controller.signal }).then(
          (message) => got.push(message["n"]),
          () => undefined,
        );
        if (n % 3 === 0) controller.abort(new Error("given up"));
        await layer.send("jobs", job(n));
        controller.abort(new Error("given up"));
        await reader;
      }
      equal([...got, ...(await drain(layer, "jobs"))].length, 100, "messages that arrived");
      equal(layer.stats().readers, 0, "readers left");
    },
  },
  {
    name: "ends a wait at its timeout and at its signal",
    async run(harness) {
      const layer = await oneLayer(harness);
      await rejects(() => layer.receive("silent", { timeoutMs: 5 }), "CHANNEL_TIMEOUT", "a silent channel");
      await rejects(() => layer.receive("silent", { timeoutMs: 0 }), "CHANNEL_TIMEOUT", "a look");
      const reason = await layer
        .receive("silent", { signal: AbortSignal.abort("enough") })
        .catch((error: unknown) => error);
      equal(reason, "enough", "the signal's reason");
      equal(layer.stats().channels, 0, "channels left");
    },
  },
  {
    name: "does not deliver a message that is too old, and delivers the fresh ones behind it once",
    needs: ["ownQueues"],
    async run(harness) {
      const clock = { ms: 0 };
      const layer = await oneLayer(harness, { expiryMs: 3000, now: () => clock.ms });
      for (const at of [0, 2000, 4000]) {
        clock.ms = at;
        await layer.send("jobs", job(at));
      }
      equal(await drain(layer, "jobs"), [2000, 4000], "what arrived");
      const { expired, queued, channels } = layer.stats();
      equal([expired, queued, channels], [1, 0, 0], "expired, queued, channels");
    },
  },
  {
    name: "gives names that are never given again",
    async run(harness) {
      const layer = await oneLayer(harness);
      const random = Math.random;
      // Names must not depend on a generator that a program may seed.
      Math.random = () => 0.5;
      try {
        const opened = await Promise.all(Array.from({ length: 500 }, () => layer.newChannel()));
        const other = await layer.newChannel({ prefix: "worker." });
        holds(other.name.startsWith("worker."), `the prefix of ${other.name}`);
        for (const channel of opened) channel.close();
        const again = await Promise.all(Array.from({ length: 500 }, () => layer.newChannel()));
        equal(new Set([...opened, ...again, other].map((channel) => channel.name)).size, 1001, "distinct names");
      } finally {
        Math.random = random;
      }
    },
  },
  {
    name: "refuses bad names, naming the rule and the limit",
    async run(harness) {
      const layer = await oneLayer(harness);
      const long = "a".repeat(100);
      const bad = ["", long, "a b", "a:b", "a?", "¯\\_(ツ)_/¯", "٣", "a\n", "a!b!c", "!b", "a!", "a!é", "__proto__ "];
      for (const name of bad) {
        const error = await rejects(
          () => layer.send(name, job(1)),
          "NAME_INVALID",
          `the channel ${JSON.stringify(name)}`,
        );
        holds(error.message.includes("99"), "the limit is in the message");
        await rejects(() => layer.receive(name), "NAME_INVALID", `reading ${JSON.stringify(name)}`);
      }
      for (const name of [...bad, "a!b"]) {
        await rejects(() => layer.groupSend(name, job(1)), "NAME_INVALID", `the group ${JSON.stringify(name)}`);
        await rejects(() => layer.groupAdd(name, "jobs"), "NAME_INVALID", `joining ${JSON.stringify(name)}`);
        await rejects(() => layer.groupDiscard(name, "jobs"), "NAME_INVALID", `leaving ${JSON.stringify(name)}`);
      }
      await rejects(() => layer.newChannel({ prefix: "a b." }), "NAME_INVALID", "a prefix");
      for (const value of [undefined, null, 7, {}, ["a"]] as unknown[] as string[]) {
        await rejects(() => layer.send(value, job(1)), "NAME_INVALID", `the name ${JSON.stringify(value)}`);
      }
      for (const name of [long.slice(1), "constructor", "__proto__", "a-b_c.D9"]) {
        await layer.send(name, job(1));
        await layer.groupAdd(name, "jobs");
        equal(await layer.receive(name), job(1), `the channel ${name}`);
      }
    },
  },
  {
    name: "rejects everything once it is closed, waiting readers first",
    async run(harness) {
      const layer = await oneLayer(harness);
      const channel = await layer.newChannel();
      const seat = layer.attach({ deliver: () => true });
      await layer.groupAdd("room", channel.name);
      const readers = [
        rejects(() => layer.receive("jobs"), "LAYER_CLOSED", "a reader of a plain channel"),
        rejects(() => channel.receive(), "LAYER_CLOSED", "a reader of an open channel"),
      ];
      await layer.close();
      await Promise.all(readers);
      const calls: (() => Promise<unknown>)[] = [
        () => layer.send("jobs", job(1)),
        () => layer.receive("jobs"),
        () => layer.newChannel(),
        () => layer.groupAdd("room", "jobs"),
        () => layer.groupDiscard("room", "jobs"),
        () => layer.groupSend("room", job(1)),
        () => layer.publish("room", { type: "job.run", data: {} }),
        () => layer.flush(),
        () => seat.join("room"),
        () => channel.receive(),
      ];
      for (const [i, call] of calls.entries()) await rejects(call, "LAYER_CLOSED", `call ${i}`);
      await layer.close();
      seat.close();
      const { channels, groups, memberships, queued, readers: left } = layer.stats();
      equal([channels, groups, memberships, queued, left], [0, 0, 0, 0, 0], "what is left");
    },
  },
];
