import { describe, expect, test, vi } from "vitest";

import { snapshot } from "../internal/snapshot.ts";
import type {
  Broker,
  BrokerMessage,
  BrokerSink,
  HistoryPage,
  PositionRelation,
  Published,
  Subscribed,
} from "../layer/broker.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";
import { encodeEvent } from "./wire-event.ts";

// A broker that answers when the test says, and may answer too late.
class LateBroker implements Broker {
  readonly capabilities = {
    offsets: true,
    history: true,
    presence: false,
    receivers: false,
    envelopes: true,
    queues: false,
  };
  readonly maxMessageBytes = 1_000_000;
  readonly asked: { readonly groups: readonly string[]; readonly answer: (answer: readonly Subscribed[]) => void }[] =
    [];
  sink: BrokerSink | undefined;

  start(_: string, sink: BrokerSink): void {
    this.sink = sink;
    sink.restored("all");
  }
  subscribe(groups: readonly string[]): Promise<readonly Subscribed[]> {
    return new Promise((resolve) => this.asked.push({ groups, answer: resolve }));
  }
  /** The latest subscribe of a group. */
  ask(group: string): { readonly answer: (position: string | undefined, store?: string) => void } {
    const asked = this.asked.findLast(({ groups }) => groups.includes(group));
    if (asked === undefined) throw new Error(`${group} was not asked for`);
    return { answer: (position, store) => asked.answer(asked.groups.map(() => ({ position, store }))) };
  }
  hear(group: string, position: string, n: unknown): void {
    this.sink?.message(this.message(group, position, n));
  }
  message(group: string, position: string, n: unknown): BrokerMessage {
    const event = {
      type: "chat.message",
      data: snapshot({ n }),
      sender: undefined,
      except: undefined,
      volatile: false,
    };
    return { group, id: position, position, bytes: encodeEvent(event) };
  }
  unsubscribe(): Promise<void> {
    return Promise.resolve();
  }
  publish(): Promise<Published> {
    return Promise.resolve({});
  }
  send(): Promise<boolean> {
    return Promise.resolve(true);
  }
  positions(groups: readonly string[]): Promise<readonly undefined[]> {
    return Promise.resolve(groups.map(() => undefined));
  }
  /** What it remembers, as it will answer. */
  page: HistoryPage = { messages: [], isComplete: false, top: undefined };
  history(): Promise<HistoryPage> {
    return Promise.resolve(this.page);
  }
  compare(last: string | undefined, next: string): PositionRelation {
    return positionsOf.compare(last, next);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const positionsOf = new InProcessNetwork().broker();

async function turn(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

describe("Subscriptions over a broker that answers late", () => {
  test("ignore an answer that belongs to a lost connection", async () => {
    const broker = new LateBroker();
    await using layer = new HubChannelLayer({}, { broker });
    const member = new Recorder();
    let isJoined = false;
    void layer
      .attach(member)
      .join("room")
      .then(() => (isJoined = true));
    await turn();
    const stale = broker.ask("room");
    broker.sink?.lost("all", "reconnect");
    broker.sink?.restored("all");
    await turn();
    stale.answer("1:1:5:e");
    await turn();
    expect(isJoined).toBe(false);
    broker.ask("room").answer("1:1:7:g");
    await turn();
    broker.hear("room", "1:1:8:h", 8);
    expect([isJoined, member.field("n")]).toEqual([true, [8]]);
  });

  test("hold back what arrives before the cut is known, and drop what the cut covers", async () => {
    const broker = new LateBroker();
    await using layer = new HubChannelLayer({}, { broker });
    const member = new Recorder();
    const joining = layer.attach(member).join("room");
    await turn();
    for (const n of [4, 5, 6]) broker.hear("room", `1:1:${n}:e${n}`, n);
    expect(member.messages).toEqual([]);
    broker.ask("room").answer("1:1:5:e5");
    broker.hear("room", "1:1:7:e7", 7);
    await joining;
    expect([member.field("n"), layer.stats().gaps]).toEqual([[6, 7], 0]);
  });

  test.each([
    ["and fill it, where the group remembers it whole", true, [1, 2, 3, 4, 5, 6], 0],
    ["and tell it once, where it does not", false, [1, 2, 3, "group.gap", 6], 1],
  ] as const)(
    "hold back what arrives while a hole is read, %s: what came before the cut is part of it",
    async (_, isComplete, expected, gaps) => {
      const broker = new LateBroker();
      const at = (n: number) => `1:1:${n}:e${n}`;
      await using layer = new HubChannelLayer({ history: { room: { messages: 10, ageMs: 1000 } } }, { broker });
      const member = new Recorder();
      const joining = layer.attach(member).join("room");
      await turn();
      broker.ask("room").answer(undefined);
      await joining;
      for (const n of [1, 2, 3]) broker.hear("room", at(n), n);
      broker.sink?.lost("all", "reconnect");
      broker.sink?.restored("all");
      await turn();
      broker.page = { messages: [4, 5].map((n) => broker.message("room", at(n), n)), isComplete, top: at(5) };
      for (const n of [4, 5]) broker.hear("room", at(n), n);
      broker.ask("room").answer(at(5));
      broker.hear("room", at(6), 6);
      expect(member.field("n")).toEqual([1, 2, 3]);
      await turn();
      expect([member.field("n"), layer.stats().gaps]).toEqual([expected, gaps]);
    },
  );

  test("ask for a later cut when more arrives before the answer than can be held", async () => {
    vi.useFakeTimers();
    try {
      const broker = new LateBroker();
      await using layer = new HubChannelLayer({}, { broker });
      const member = new Recorder();
      const joining = layer.attach(member).join("room");
      await turn();
      const first = broker.ask("room");
      for (let n = 1; n <= 1001; n += 1) broker.hear("room", `1:1:${n}:e${n}`, n);
      first.answer(undefined);
      await vi.advanceTimersByTimeAsync(150);
      broker.ask("room").answer("1:1:1001:e1001");
      await joining;
      broker.hear("room", "1:1:1002:e1002", 1002);
      expect(member.field("n")).toEqual([1002]);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["tell nothing when the same store answers with the position that we know", "one", []],
    ["tell of a hole when another store answers, whatever position it has", "other", ["group.gap"]],
  ])("%s", async (_, store, told) => {
    const broker = new LateBroker();
    await using layer = new HubChannelLayer({}, { broker });
    const member = new Recorder();
    const joining = layer.attach(member).join("room");
    await turn();
    broker.ask("room").answer("1:1:5:e5", "one");
    await joining;
    broker.sink?.lost("all", "reconnect");
    broker.sink?.restored("all");
    await turn();
    broker.ask("room").answer("1:1:5:e5", store);
    await turn();
    broker.hear("room", "1:1:6:e6", 6);
    expect(member.field("n")).toEqual([...told, 6]);
  });

  test("tell of the hole when the hub is too full to take an event", async () => {
    const broker = new LateBroker();
    await using layer = new HubChannelLayer({ maxQueuedMessages: 3 }, { broker });
    const member = new Recorder(({ data }) => {
      if (data["n"] !== 1) return;
      for (const n of [2, 3, 4, 5, 6]) broker.hear("room", `1:1:${n}:e${n}`, n);
    });
    const joining = layer.attach(member).join("room");
    await turn();
    broker.ask("room").answer(undefined);
    await joining;
    broker.hear("room", "1:1:1:e1", 1);
    await turn();
    broker.ask("room").answer("1:1:6:e6");
    await turn();
    broker.hear("room", "1:1:7:e7", 7);
    expect(member.field("n")).toEqual([1, 2, 3, 4, "group.gap", 7]);
    expect(member.messages[4]?.data).toEqual({ group: "room", from: "1:1:4:e4", to: "1:1:6:e6", cause: "loss" });
  });
});
