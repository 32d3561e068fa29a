import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";

import { type ErrorCode, SolentError } from "../errors/index.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";
import { InMemoryChannelLayer } from "./in-memory-channel-layer.ts";

const job = { type: "job.run" };

async function closed(): Promise<InMemoryChannelLayer> {
  const layer = new InMemoryChannelLayer();
  await layer.close();
  return layer;
}

async function cluster(): Promise<{ network: InProcessNetwork; nodes: readonly [HubChannelLayer, HubChannelLayer] }> {
  const network = new InProcessNetwork();
  const make = (): HubChannelLayer => new HubChannelLayer({}, { broker: network.broker(), callTimeoutMs: 1000 });
  const nodes = [make(), make()] as const;
  await network.settled();
  return { network, nodes };
}

// One way to each code that the layer raises.
const provoke: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  CONFIG_INVALID: async () => new InMemoryChannelLayer({ capacity: 0 }),
  NAME_INVALID: () => new InMemoryChannelLayer().send("a b", job),
  EVENT_INVALID: () => new InMemoryChannelLayer().send("jobs", { type: "constructor" }),
  MESSAGE_TOO_LARGE: () =>
    new InMemoryChannelLayer({ maxMessageBytes: 10 }).send("jobs", { ...job, text: "long enough" }),
  CHANNEL_FULL: async () => {
    const layer = new InMemoryChannelLayer({ capacity: 1 });
    await layer.send("jobs", job);
    return layer.send("jobs", job);
  },
  CHANNEL_UNREACHABLE: () => new InMemoryChannelLayer().send("specific.gone!1", job),
  CHANNEL_TIMEOUT: () => new InMemoryChannelLayer().receive("jobs", { timeoutMs: 0 }),
  LAYER_CLOSED: async () => (await closed()).send("jobs", job),
  LAYER_BUSY: async () => {
    const layer = new InMemoryChannelLayer({ maxPlainChannels: 1 });
    await layer.send("one", job);
    return layer.send("two", job);
  },
  LAYER_UNAVAILABLE: async () => {
    const { network, nodes } = await cluster();
    network.refuse("secret", new Error("NOPERM"));
    return nodes[0].attach({ deliver: () => true }).join("secret");
  },
  LAYER_UNCERTAIN: async () => {
    const { network, nodes } = await cluster();
    const channel = await nodes[1].newChannel();
    // The other node has the message; its answer does not come in time.
    const sending = nodes[0].send(channel.name, job);
    for (let turns = 0; turns < 100 && channel.pending === 0; turns += 1) await Promise.resolve();
    sending.catch(() => undefined);
    network.hold();
    await vi.advanceTimersByTimeAsync(1001);
    return sending;
  },
};

function raised(): string[] {
  const found = ["../layer/", "./"].flatMap((name) => {
    const folder = new URL(name, import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
    return files.flatMap((file) => {
      const source = readFileSync(new URL(file, folder), "utf8");
      return [...source.matchAll(/new SolentError\(\s*"([A-Z_]+)"/g)].map(([, code]) => code ?? "");
    });
  });
  return [...new Set(found)].toSorted();
}

describe("every code that the layer raises", () => {
  test("is provoked here", () => {
    expect(Object.keys(provoke).toSorted()).toEqual(raised());
  });

  test.each(Object.entries(provoke))("%s", async (code, work) => {
    vi.useFakeTimers();
    try {
      const error: unknown = await work().catch((reason: unknown) => reason);
      expect(SolentError.is(error, code as ErrorCode), String(error)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is LAYER_UNCERTAIN for whatever a broker rejects with that is no error of Solent", async () => {
    const { network, nodes } = await cluster();
    const cause = new Error("socket hang up");
    network.failNext("publish", cause);
    await expect(nodes[0].groupSend("room", job)).rejects.toMatchObject({ code: "LAYER_UNCERTAIN", cause });
    network.failNext("publish", new SolentError("LAYER_UNAVAILABLE"));
    await expect(nodes[0].groupSend("room", job)).rejects.toMatchObject({ code: "LAYER_UNAVAILABLE" });
    network.failNext("send", cause);
    await expect(nodes[0].send(`specific.${nodes[1].node}!1`, job)).rejects.toMatchObject({ code: "LAYER_UNCERTAIN" });
    expect(nodes[0].stats().waiting).toBe(0);
  });

  test("keeps an event that is too large for the broker from being sent", async () => {
    const network = new InProcessNetwork();
    await using layer = new HubChannelLayer({}, { broker: network.broker({ maxMessageBytes: 100 }) });
    await network.settled();
    await expect(layer.groupSend("room", { ...job, text: "x".repeat(100) })).rejects.toMatchObject({
      code: "MESSAGE_TOO_LARGE",
    });
    const far = { ...job, text: "x".repeat(100) };
    await expect(layer.send("specific.elsewhere!1", far)).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
    expect(layer.stats().waiting).toBe(0);
  });
});
