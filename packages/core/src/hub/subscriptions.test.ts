import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { SolentError } from "../errors/solent-error.ts";
import { snapshot } from "../internal/snapshot.ts";
import type { InProcessBroker, InProcessBrokerOptions } from "../testing/in-process-broker.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import type { Broker, BrokerSink, HistoryPage, PositionRelation, Published, Subscribed } from "../layer/broker.ts";
import type { Seat } from "../layer/channel-layer.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";
import type { ClusterOptions } from "../layer/layer-options.ts";
import { decodeEvent, encodeEvent } from "./wire-event.ts";

interface Node {
  readonly layer: HubChannelLayer;
  readonly broker: InProcessBroker;
}

const say = (n: unknown): { type: string; n: unknown } => ({ type: "chat.message", n });

async function makeNodes(
  network: InProcessNetwork,
  options: ClusterOptions & { readonly broker?: InProcessBrokerOptions } = {},
): Promise<readonly [Node, Node]> {
  const { broker: brokerOptions, ...cluster } = options;
  const make = (): Node => {
    const broker = network.broker(brokerOptions);
    return { broker, layer: new HubChannelLayer({}, { broker, ...cluster }) };
  };
  const nodes = [make(), make()] as const;
  await network.settled();
  return nodes;
}

// Watches the promise that the hub gives every broker: never two commands in flight for one group. What was in flight on a
// connection that is lost will not be answered any more, even where its promise takes a few turns to say so.
function watchCommands(broker: InProcessBroker): { readonly overlaps: string[] } {
  const inFlight = new Map<string, object>();
  const watch = { overlaps: [] as string[] };
  for (const name of ["subscribe", "unsubscribe"] as const) {
    const original = broker[name].bind(broker) as (groups: readonly string[]) => Promise<never>;
    broker[name] = (groups: readonly string[]): Promise<never> => {
      watch.overlaps.push(...groups.filter((group) => inFlight.has(group)));
      for (const group of groups) inFlight.set(group, groups);
      return original(groups).finally(() => {
        for (const group of groups) if (inFlight.get(group) === groups) inFlight.delete(group);
      });
    };
  }
  const disconnect = broker.disconnect.bind(broker);
  broker.disconnect = () => {
    inFlight.clear();
    disconnect();
  };
  return watch;
}

describe("Subscriptions", () => {
  test("share one command for all groups joined in a turn", async () => {
    const network = new InProcessNetwork();
    const [{ layer, broker }, other] = await makeNodes(network);
    const before = broker.commands.subscribe;
    const seats = Array.from({ length: 10 }, () => layer.attach(new Recorder()));
    await Promise.all(seats.flatMap((seat) => Array.from({ length: 30 }, (_, i) => seat.join(`room.${i}`))));
    expect(broker.commands.subscribe - before).toBe(1);
    await Promise.all(Array.from({ length: 900 }, (_, i) => layer.attach(new Recorder()).join(`more.${i}`)));
    expect(broker.commands.subscribe - before).toBe(3);
    await layer.close();
    await other.layer.close();
  });

  test("ask for nothing more while an answer is on its way, and look again when it comes", async () => {
    const network = new InProcessNetwork();
    const [{ layer, broker }] = await makeNodes(network, { lingerMs: 0 });
    const { overlaps } = watchCommands(broker);
    const before = broker.commands.subscribe;
    const [one, two] = [layer.attach(new Recorder()), layer.attach(new Recorder())];
    network.hold();
    const joins = [one.join("room")];
    await network.settled();
    joins.push(two.join("room"));
    await network.settled();
    expect(broker.commands.subscribe - before).toBe(1);
    joins.push(one.join("room"));
    await Promise.all([one.leave("room"), two.leave("room")]);
    await network.settled();
    expect(broker.commands.unsubscribe).toBe(0);
    network.release();
    await Promise.all(joins);
    await network.settled();
    expect([broker.isSubscribed("room"), broker.commands.unsubscribe]).toEqual([false, 1]);
    network.hold();
    const back = one.join("room");
    await network.settled();
    await one.leave("room");
    const again = one.join("room");
    await network.settled();
    network.release();
    await Promise.all([back, again]);
    expect([broker.isSubscribed("room"), broker.commands.subscribe - before, overlaps]).toEqual([true, 2, []]);
    await layer.close();
  });

  test("outlive the last member for a moment, and one command ends them", async () => {
    vi.useFakeTimers();
    try {
      const network = new InProcessNetwork();
      const [{ layer, broker }] = await makeNodes(network, { lingerMs: 1000 });
      const seat = layer.attach(new Recorder());
      await Promise.all(["a", "b", "c"].map((group) => seat.join(group)));
      const joined = broker.commands.subscribe;
      await Promise.all(["a", "b", "c"].map((group) => seat.leave(group)));
      await vi.advanceTimersByTimeAsync(600);
      await seat.join("a");
      await vi.advanceTimersByTimeAsync(600);
      await network.settled();
      expect(["a", "b", "c"].map((group) => broker.isSubscribed(group))).toEqual([true, false, false]);
      expect([broker.commands.subscribe - joined, broker.commands.unsubscribe]).toEqual([0, 1]);
      await seat.leave("a");
      await vi.advanceTimersByTimeAsync(1100);
      expect(broker.isSubscribed("a")).toBe(false);
      await layer.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("resolve a join only at its answer, and deliver what came with it in order", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    await there.layer.groupSend("room", say("before"));
    await network.settled();
    network.hold();
    const member = new Recorder();
    let isJoined = false;
    const joining = here.layer
      .attach(member)
      .join("room")
      .then(() => (isJoined = true));
    await network.settled();
    const sends = ["one", "two"].map((n) => there.layer.groupSend("room", say(n)));
    network.release(3);
    await network.settled();
    expect([isJoined, member.messages.length]).toEqual([false, 0]);
    network.release();
    await Promise.all([joining, ...sends]);
    await network.settled();
    expect(member.field("n")).toEqual(["one", "two"]);
    expect(here.layer.stats().gaps).toBe(0);
  });

  test("give up a join after its time, and the membership with it", async () => {
    vi.useFakeTimers();
    try {
      const network = new InProcessNetwork();
      const [{ layer, broker }, other] = await makeNodes(network, { joinTimeoutMs: 500 });
      broker.disconnect();
      const seat = layer.attach(new Recorder());
      const refused = expect(seat.join("room")).rejects.toMatchObject({ code: "LAYER_UNAVAILABLE" });
      await vi.advanceTimersByTimeAsync(501);
      await refused;
      expect([[...seat.groups], layer.stats().waiting]).toEqual([[], 0]);
      const pending = seat.join("other");
      await seat.leave("other");
      await pending;
      await layer.close();
      await other.layer.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("try again, a little later each time, when a command fails without a lost connection", async () => {
    vi.useFakeTimers();
    try {
      const network = new InProcessNetwork();
      const [{ layer, broker }, there] = await makeNodes(network);
      const member = new Recorder();
      for (let i = 0; i < 3; i += 1) network.failNext("subscribe", new SolentError("LAYER_UNAVAILABLE"));
      const before = broker.commands.subscribe;
      const joining = layer.attach(member).join("room");
      await vi.advanceTimersByTimeAsync(90);
      expect(broker.commands.subscribe - before).toBe(1);
      await vi.advanceTimersByTimeAsync(700);
      await joining;
      expect(broker.commands.subscribe - before).toBe(4);
      await there.layer.groupSend("room", say(1));
      await network.settled();
      expect(member.field("n")).toEqual([1]);
      await layer.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("reject joins and calls that wait when the layer is closed", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    const channel = await there.layer.newChannel();
    network.hold();
    const waiting = [
      here.layer.attach(new Recorder()).join("room"),
      here.layer.send(channel.name, say(1)),
      here.layer.flush(),
      here.layer.groupSend("room", say(1)),
    ].map((work) => work.catch((error: unknown) => (error as SolentError).code));
    await network.settled();
    await here.layer.close();
    expect(await Promise.all(waiting)).toEqual(["LAYER_CLOSED", "LAYER_CLOSED", "LAYER_CLOSED", "LAYER_UNCERTAIN"]);
    expect(here.layer.stats().waiting).toBe(0);
  });

  test("limit the joins that wait", async () => {
    const network = new InProcessNetwork();
    const broker = network.broker();
    const layer = new HubChannelLayer({ maxQueuedMessages: 2 }, { broker });
    const seat = layer.attach(new Recorder());
    // The node's own subscription waits as well until it is connected.
    const joins = ["a", "b"].map((group) => seat.join(group).catch((error: unknown) => error));
    expect(await joins[1]).toMatchObject({ code: "LAYER_BUSY", details: { limit: 2 } });
    await joins[0];
    expect([...seat.groups]).toEqual(["a"]);
    await layer.close();
  });

  test("tell of events that were lost at the end, at the next look at the positions", async () => {
    vi.useFakeTimers();
    try {
      const network = new InProcessNetwork();
      const [here, there] = await makeNodes(network, { verifyIntervalMs: 5000 });
      const member = new Recorder();
      await here.layer.attach(member).join("room");
      await there.layer.groupSend("room", say(1));
      network.loseWhere(() => true);
      await there.layer.groupSend("room", say(2));
      network.loseWhere(undefined);
      await vi.advanceTimersByTimeAsync(5001);
      expect(member.field("n")).toEqual([1, "group.gap"]);
      await vi.advanceTimersByTimeAsync(5001);
      await there.layer.groupSend("room", say(3));
      await vi.advanceTimersByTimeAsync(1);
      expect(member.field("n")).toEqual([1, "group.gap", 3]);
      await here.layer.close();
      await there.layer.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("take another epoch that begins at its first event for what it is, and no loss", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    const member = new Recorder();
    await here.layer.attach(member).join("room");
    await there.layer.groupSend("room", say(1));
    await network.settled();
    network.forget("room");
    await there.layer.groupSend("room", say(2));
    await network.settled();
    network.forget("room");
    here.broker.disconnect();
    await there.layer.groupSend("room", say(3));
    here.broker.reconnect();
    await network.settled();
    await there.layer.groupSend("room", say(4));
    await network.settled();
    expect(member.field("n")).toEqual([1, 2, "group.gap", 4]);
    expect(member.messages[2]?.data["cause"]).toBe("epoch");
  });

  test("deliver an event once that the network delivers twice", async () => {
    const network = new InProcessNetwork();
    const [here, there] = await makeNodes(network);
    const member = new Recorder();
    await here.layer.attach(member).join("room");
    for (const volatile of [false, true]) {
      network.deliverNextTimes(3);
      await there.layer.publish("room", { type: "chat.message", data: { n: volatile }, volatile });
      await network.settled();
    }
    expect([member.field("n"), here.layer.stats().duplicates]).toEqual([[false, true], 4]);
  });
});

// A broker that answers when the test says, and may answer too late.
class LateBroker implements Broker {
  readonly capabilities = { offsets: true, history: false, presence: false, receivers: false };
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
  ask(group: string): { readonly answer: (position: string | undefined) => void } {
    const asked = this.asked.findLast(({ groups }) => groups.includes(group));
    if (asked === undefined) throw new Error(`${group} was not asked for`);
    return { answer: (position) => asked.answer(asked.groups.map(() => ({ position }))) };
  }
  hear(group: string, position: string, n: unknown): void {
    const event = {
      type: "chat.message",
      data: snapshot({ n }),
      sender: undefined,
      except: undefined,
      volatile: false,
    };
    this.sink?.message({ group, id: position, position, bytes: encodeEvent(event) });
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
  history(): Promise<HistoryPage> {
    return Promise.resolve({ messages: [], isComplete: false });
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

type Action =
  | { readonly do: "join" | "leave"; readonly seat: number; readonly group: number }
  | { readonly do: "publish"; readonly node: number; readonly group: number }
  | { readonly do: "disconnect" | "reconnect"; readonly node: number }
  | { readonly do: "repeat" | "lose" }
  | { readonly do: "travel"; readonly steps: number };

const seat = fc.nat(3);
// Nobody stays in the third: it is left and joined altogether.
const group = fc.nat(2);
const node = fc.nat(1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave" as const), seat, group }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const), node, group }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("disconnect" as const, "reconnect" as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("repeat" as const, "lose" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("travel" as const), steps: fc.nat(8) }) },
);

interface Member {
  readonly recorder: Recorder;
  readonly seat: Seat;
  readonly strays: string[];
}

function attach({ layer }: Node): Member {
  const strays: string[] = [];
  const recorder: Recorder = new Recorder(({ meta }) => {
    const isMember = meta.group !== undefined && [...own.groups].includes(meta.group);
    if (!isMember) strays.push(`${meta.group}`);
  });
  const own = layer.attach(recorder);
  return { recorder, seat: own, strays };
}

// What the network published to a group, in its order, each event once.
function publishedTo(network: InProcessNetwork, group: string): unknown[] {
  const all = network.historyOf(group).map(({ bytes }) => {
    const event = decodeEvent(bytes);
    return typeof event === "string" ? event : event.data["n"];
  });
  return [...new Set(all)];
}

// Walks what a member got of one group along what was published: in order, once, and a notice wherever some are missing.
function checkStayer(recorder: Recorder, group: string, published: readonly unknown[]): void {
  let at = 0;
  let isGapTold = false;
  for (const { meta, data } of recorder.messages) {
    if (meta.group !== group) continue;
    if (meta.type === "group.gap") {
      isGapTold = true;
      continue;
    }
    const place = published.indexOf(data["n"], at);
    expect(place, `event ${String(data["n"])} comes once and in order`).toBeGreaterThanOrEqual(at);
    if (place > at) expect(isGapTold, `the hole before ${String(data["n"])} is told`).toBe(true);
    at = place + 1;
    isGapTold = false;
  }
  expect(at, "the last event has arrived").toBe(published.length);
}

describe("Subscriptions, whatever happens", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([true, false])(
    "end right and lose nothing in silence (positions: %s)",
    { timeout: 30_000 },
    async (offsets) => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
          const network = new InProcessNetwork();
          const nodes = await makeNodes(network, { lingerMs: 0, broker: { offsets, receivers: offsets } });
          const watches = nodes.map(({ broker }) => watchCommands(broker));
          const stayers = nodes.map(attach);
          const movers = [0, 1, 0, 1].map((i) => attach(nodes[i === 0 ? 0 : 1]));
          await Promise.all(stayers.flatMap((member) => [member.seat.join("room.0"), member.seat.join("room.1")]));
          await network.settled();
          network.hold();
          let n = 0;
          const perform = (next: Action): void => {
            if (next.do === "join") void movers[next.seat]?.seat.join(`room.${next.group}`).catch(() => undefined);
            else if (next.do === "leave") void movers[next.seat]?.seat.leave(`room.${next.group}`);
            else if (next.do === "publish") {
              void nodes[next.node]?.layer.groupSend(`room.${next.group}`, say((n += 1))).catch(() => undefined);
            } else if (next.do === "disconnect") nodes[next.node]?.broker.disconnect();
            else if (next.do === "reconnect") nodes[next.node]?.broker.reconnect();
            else if (next.do === "repeat") network.publishNextTimes(2);
            else if (next.do === "travel") network.release(next.steps);
            // Without positions a single event that gets lost on a healthy connection cannot be known to be.
            else if (offsets) network.loseWhere(() => (network.loseWhere(undefined), true));
          };
          for (const next of actions) {
            perform(next);
            // What happens between two journeys happens in one turn.
            if (next.do === "travel") await Promise.resolve();
          }
          network.loseWhere(undefined);
          network.publishNextTimes(1);
          network.release();
          for (const { broker } of nodes) broker.reconnect();
          await network.settled();
          for (const name of ["room.0", "room.1", "room.2"]) {
            await nodes[0].layer.groupSend(name, say("last"));
            await network.settled();
            const published = publishedTo(network, name);
            if (name !== "room.2") for (const { recorder } of stayers) checkStayer(recorder, name, published);
            for (const { recorder, seat: own } of movers) {
              const got = recorder.messages.filter(({ meta }) => meta.group === name && meta.type !== "group.gap");
              expect(new Set(got.map(({ data }) => data["n"])).size).toBe(got.length);
              const hasLast = got.at(-1)?.data["n"] === "last";
              expect(hasLast).toBe([...own.groups].includes(name));
            }
          }
          expect([...stayers, ...movers].flatMap((member) => member.strays)).toEqual([]);
          expect(watches.flatMap((watch) => watch.overlaps)).toEqual([]);
          for (const { layer } of nodes) await layer.close();
          expect(vi.getTimerCount()).toBe(0);
        }),
        { numRuns: 100 },
      );
    },
  );
});
