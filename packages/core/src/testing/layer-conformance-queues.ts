import type { ChannelLayer } from "../layer/channel-layer.ts";
import { type ConformanceCase, equal, fault, holds, rejects, twoLayers } from "./layer-conformance-case.ts";

const job = (n: number): { type: string; n: number } => ({ type: "job.run", n });
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

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

const next = async (layer: ChannelLayer, channel: string): Promise<unknown> =>
  (await layer.receive(channel, { timeoutMs: 5000 }))["n"];

/** Plain channels as queues that all nodes share. */
export const queueCases: readonly ConformanceCase[] = [
  {
    name: "hands a message that one node sends to a reader of another, in the order in which they were sent",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const waiting = next(there, "jobs");
      await here.send("jobs", job(0));
      equal(await waiting, 0, "what a waiting reader got");
      await Promise.all(numbers(20).map((n) => here.send("jobs", job(n))));
      equal(await drain(there, "jobs"), numbers(20), "what waited for a reader");
      equal([here.stats().readers, there.stats().readers], [0, 0], "readers left");
    },
  },
  {
    name: "gives every message to exactly one of the readers of all nodes",
    needs: ["nodes", "queues"],
    async run(harness) {
      const layers = await harness.layers(3, { capacity: 300 });
      const got: unknown[] = [];
      const orders = layers.map((): number[] => []);
      const readers = layers.map(async (layer, i) => {
        while (got.length < 150) {
          const { n } = await layer.receive("jobs", { timeoutMs: 5000 });
          got.push(n);
          orders[i]?.push(Number(n));
          // The others wait for something that does not come any more.
          if (got.length === 150) for (const each of layers) await each.send("jobs", job(1000));
        }
      });
      for (const n of numbers(150)) await layers[n % 2]?.send("jobs", job(n));
      await Promise.all(readers);
      const jobs = got.filter((n) => n !== 1000).map(Number);
      equal(
        jobs.toSorted((a, b) => a - b),
        numbers(150),
        "messages, each once",
      );
      for (const order of orders) {
        const own = order.filter((n) => n < 1000 && n % 2 === 0);
        equal(
          own,
          own.toSorted((a, b) => a - b),
          "one sender's messages at one reader",
        );
      }
    },
  },
  {
    name: "holds the capacity of a queue over all nodes, and drops nothing",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { capacity: 3 });
      await here.send("jobs", job(0));
      await there.send("jobs", job(1));
      await here.send("jobs", job(2));
      await rejects(() => here.send("jobs", job(3)), "CHANNEL_FULL", "the fourth of one node");
      await rejects(() => there.send("jobs", job(3)), "CHANNEL_FULL", "the fourth of the other");
      equal(await next(there, "jobs"), 0, "the first");
      await there.send("jobs", job(4));
      equal(await drain(here, "jobs"), [1, 2, 4], "what was kept");
    },
  },
  {
    name: "does not hand out a message that waited for too long by the clock of the store",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { expiryMs: 300, capacity: 2 });
      await here.send("jobs", job(0));
      const since = performance.now();
      // Nobody wakes it, so it waits out its time, which is that of the message too.
      await rejects(() => there.receive("silent", { timeoutMs: 320 }), "CHANNEL_TIMEOUT", "a silent channel");
      await here.send("jobs", job(1));
      const got = await drain(there, "jobs");
      holds(performance.now() - since >= 300, "the time is over");
      equal(got, [1], "what arrived");
      equal(there.stats().expired, 1, "expired");
      await here.send("full", job(0));
      await here.send("full", job(1));
      await rejects(() => there.receive("silent", { timeoutMs: 320 }), "CHANNEL_TIMEOUT", "a silent channel");
      await here.send("full", job(2));
      equal(await drain(there, "full"), [2], "what fits where the old ones were");
    },
  },
  {
    name: "gives what comes for a reader that has given up to another, at its place",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      const got: unknown[] = [];
      for (const n of numbers(40)) {
        const controller = new AbortController();
        const reader = there.receive("jobs", { signal: controller.signal }).then(
          (message) => got.push(message["n"]),
          () => undefined,
        );
        const sent = here.send("jobs", job(n));
        if (n % 2 === 0) controller.abort(new Error("given up"));
        await sent;
        controller.abort(new Error("given up"));
        await reader;
      }
      await harness.settle();
      const left = await drain(here, "jobs");
      equal(
        [...got, ...left].toSorted((a, b) => Number(a) - Number(b)),
        numbers(40),
        "messages, each once",
      );
      equal(
        left,
        left.toSorted((a, b) => Number(a) - Number(b)),
        "what was given back is in its order",
      );
    },
  },
  {
    name: "hands a message on to another node when the one that has it in hand is cut off for longer than its lease",
    needs: ["nodes", "queues", "disconnect", "reconnect"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { leaseMs: 500 });
      for (const n of [0, 1, 2]) await here.send("jobs", job(n));
      const first = await here.lease("jobs", { timeoutMs: 5000 });
      equal([first.message.data["n"], first.attempts, first.message.meta.redelivered], [0, 1, false], "the first");
      await fault(harness, "disconnect")(here);
      const again = there.lease("jobs", { timeoutMs: 5000 });
      equal((await again).message.data["n"], 1, "what did not wait for it");
      await (await again).settle();
      const waiting = await there.lease("jobs", { timeoutMs: 5000 });
      await waiting.settle();
      const second = await there.lease("jobs", { timeoutMs: 5000 });
      equal([second.message.data["n"], second.attempts, second.message.meta.redelivered], [0, 2, true], "once more");
      await fault(harness, "reconnect")(here);
      // It is not this node's any more, and nothing that it says of it counts.
      await first.giveBack();
      equal(await drain(here, "jobs"), [], "what is free");
      await second.giveBack();
      equal(await drain(here, "jobs"), [0], "what the other gave back");
    },
  },
  {
    name: "keeps a message in hand for as long as its node lives, and gives it to the next when it is given back",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { leaseMs: 300 });
      for (const n of [0, 1]) await here.send("jobs", job(n));
      const held = await here.lease("jobs", { timeoutMs: 5000 });
      equal(await next(there, "jobs"), 1, "the second");
      await rejects(() => there.receive("jobs", { timeoutMs: 1000 }), "CHANNEL_TIMEOUT", "the first is in hand");
      const waiting = there.lease("jobs", { timeoutMs: 5000 });
      await held.giveBack();
      const again = await waiting;
      // It counts as never handed out.
      equal([again.message.data["n"], again.attempts], [0, 1], "what was given back");
      await again.abandon();
      equal(there.stats().abandoned, 1, "abandoned");
      equal(await drain(here, "jobs"), [], "what is left");
    },
  },
  {
    name: "keeps what waits when its sender has closed",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      await here.send("jobs", job(0));
      await here.close();
      equal(await next(there, "jobs"), 0, "what was left behind");
    },
  },
  {
    name: "loses and doubles no message of a queue when a reader's connection is cut again and again",
    needs: ["nodes", "queues", "disconnect", "reconnect"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { capacity: 200, leaseMs: 5000 });
      const got: unknown[] = [];
      let isOver = false;
      const reading = (async () => {
        while (!isOver) {
          const message = await there.receive("jobs", { timeoutMs: 200 }).catch(() => undefined);
          if (message !== undefined) got.push(message["n"]);
        }
      })();
      for (const n of numbers(60)) {
        await here.send("jobs", job(n));
        if (n % 20 !== 10) continue;
        await fault(harness, "disconnect")(there);
        await here.send("jobs", job(1000 + n));
        await fault(harness, "reconnect")(there);
      }
      const deadline = performance.now() + 5000;
      while (got.length < 63 && performance.now() < deadline)
        await there.receive("silent", { timeoutMs: 20 }).catch(() => undefined);
      isOver = true;
      await reading;
      await harness.settle();
      const expected = [...numbers(60), 1010, 1030, 1050];
      equal(
        got.toSorted((a, b) => Number(a) - Number(b)),
        expected,
        "messages, each once",
      );
    },
  },
  {
    name: "hands out an event of a group once, however many nodes have added the queue, and however fast it is taken",
    needs: ["nodes", "queues"],
    async run(harness) {
      const layers = await harness.layers(3);
      for (const layer of layers) await layer.groupAdd("room", "jobs");
      const [here] = layers;
      const got: unknown[] = [];
      const reading = (async () => {
        while (got.at(-1) !== 29) got.push(await next(here as ChannelLayer, "jobs"));
      })();
      for (const n of numbers(30)) await layers[n % 3]?.groupSend("room", job(n));
      await reading;
      await harness.settle();
      got.push(...(await drain(here as ChannelLayer, "jobs")));
      equal(got, numbers(30), "events, each once");
    },
  },
  {
    name: "puts an event of a group into a queue once, however many nodes have added it, and tells the hole when it is full",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { capacity: 2 });
      for (const layer of [here, there]) await layer.groupAdd("room", "jobs");
      for (const n of [0, 1, 2, 3]) await here.groupSend("room", job(n));
      await harness.settle();
      const first = await there.take("jobs", { timeoutMs: 5000 });
      equal([first.data["n"], first.meta.group], [0, "room"], "the first event");
      equal(await drain(there, "jobs"), [1, "group.gap"], "what is behind it");
      await there.groupSend("room", job(4));
      equal(await next(here, "jobs"), 4, "what fits again");
      await here.groupDiscard("room", "jobs");
      await there.groupDiscard("room", "jobs");
      await here.groupSend("room", job(5));
      await harness.settle();
      equal(await drain(here, "jobs"), [], "what came afterwards");
    },
  },
  {
    name: "leaves a hole where events of a group waited for too long in a queue",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness, { expiryMs: 300 });
      await here.groupAdd("room", "jobs");
      for (const n of [0, 1]) await there.groupSend("room", job(n));
      await harness.settle();
      await rejects(() => here.receive("silent", { timeoutMs: 350 }), "CHANNEL_TIMEOUT", "a silent channel");
      await there.groupSend("room", job(2));
      await harness.settle();
      equal(await drain(there, "jobs"), ["group.gap", 2], "what arrived");
      equal(there.stats().expired, 2, "expired");
    },
  },
  {
    name: "empties the queues of all nodes when one is flushed",
    needs: ["nodes", "queues"],
    async run(harness) {
      const [here, there] = await twoLayers(harness);
      for (const n of numbers(10)) await there.send(`jobs.${n}`, job(n));
      await here.flush();
      for (const n of numbers(10)) equal(await drain(there, `jobs.${n}`), [], `the queue ${n}`);
      await there.send("jobs.1", job(1));
      equal(await next(here, "jobs.1"), 1, "what comes afterwards");
    },
  },
];
