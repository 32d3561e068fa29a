import { describe, expect, test, vi } from "vitest";

import { makeNodes, say, watchCommands } from "../../test/two-nodes.ts";
import { SolentError } from "../errors/solent-error.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";

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
