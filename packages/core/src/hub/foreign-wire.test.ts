import { describe, expect, test } from "vitest";
import type { ForeignWire } from "../layer/foreign-wire.ts";
import { ChannelNames } from "../layer/names.ts";
import type { InProcessBroker } from "../testing/in-process-broker.ts";
import { InProcessNetwork } from "../testing/in-process-network.ts";
import { Recorder } from "../testing/layer-conformance-case.ts";
import { jsonCodec } from "./envelope.ts";
import { HubChannelLayer } from "./hub-channel-layer.ts";

const bare = { offsets: false, history: false, envelopes: false };

function wire(node: string): ForeignWire {
  return {
    names: new ChannelNames(node),
    format: {
      encode: (type, data) => jsonCodec.encode([type, data]),
      decode(bytes) {
        if (bytes.byteLength < 5) return undefined;
        const [type, data] = jsonCodec.decode(bytes) as [unknown, unknown];
        return { type, data };
      },
    },
  };
}

interface Node {
  readonly layer: HubChannelLayer;
  readonly broker: InProcessBroker;
}

async function nodes(network: InProcessNetwork): Promise<readonly [Node, Node]> {
  const [here, there] = ["here", "there"].map((name) => {
    const broker = network.broker(bare);
    return { broker, layer: new HubChannelLayer({ capacity: 2 }, { broker, foreign: wire(name), lingerMs: 0 }) };
  }) as [Node, Node];
  await network.settled();
  return [here, there];
}

describe("HubChannelLayer in the wire format of another system", () => {
  test("refuses what has no place in it, and says so", async () => {
    const [{ layer }, { layer: other }] = await nodes(new InProcessNetwork());
    const { name } = await other.newChannel();
    const sending = layer.groupSend("room", { type: "chat.message" }, { except: name });
    await expect(sending).rejects.toMatchObject({ code: "EVENT_INVALID" });
    await expect(sending).rejects.toThrow("`except` cannot travel");
    await layer.groupSend("room", { type: "chat.message" }, { except: [] });
    for (const change of [layer.groupAdd("room", name), layer.groupDiscard("room", name)]) {
      await expect(change).rejects.toMatchObject({ code: "CHANNEL_UNREACHABLE" });
    }
  });

  test("counts direct sends that its members cannot take, since nobody hears of them", async () => {
    const network = new InProcessNetwork();
    const [{ layer }, { layer: other }] = await nodes(network);
    const channel = await other.newChannel();
    for (let i = 0; i < 3; i += 1) await layer.send(channel.name, { type: "chat.message" });
    await network.settled();
    expect([channel.pending, other.stats().refused]).toEqual([2, 1]);
    channel.close();
    await layer.send(channel.name, { type: "chat.message" });
    await network.settled();
    expect(other.stats().refused).toBe(2);
  });

  test("takes no message of another system for one of Solent's own, and counts what is no event", async () => {
    const network = new InProcessNetwork();
    const [{ layer, broker }] = await nodes(network);
    const member = new Recorder();
    const seat = layer.attach(member);
    await seat.join("room");
    const said = [
      ["solent.flush", { node: "here", number: 1 }],
      ["group.gap", {}],
      ["chat", {}],
      [7, {}],
      ["chat.message", [1]],
    ].map((value) => jsonCodec.encode(value));
    said.push(new Uint8Array());
    for (const bytes of said) {
      broker.inject({ group: "room", id: undefined, position: undefined, bytes });
      broker.inject({ group: "!nodes", id: undefined, position: undefined, bytes });
      broker.injectInbox(undefined, bytes, seat.channelName);
    }
    broker.injectInbox(undefined, jsonCodec.encode(["chat.message", {}]));
    await network.settled();
    expect([layer.stats().malformed, [...seat.groups], member.messages]).toEqual([2 * said.length + 1, ["room"], []]);
  });

  test("subscribes to the groups of its members and to nothing else, and empties itself alone", async () => {
    const network = new InProcessNetwork();
    const [{ layer, broker }, { layer: other }] = await nodes(network);
    expect(broker.commands.subscribe).toBe(0);
    for (const each of [layer, other]) await each.attach(new Recorder()).join("room");
    expect(broker.commands.subscribe).toBe(1);
    await layer.flush();
    await network.settled();
    expect([layer.stats().memberships, other.stats().memberships]).toEqual([0, 1]);
  });

  test("needs a broker that has no envelopes, and such a broker needs it", () => {
    const network = new InProcessNetwork();
    expect(() => new HubChannelLayer({}, { broker: network.broker(), foreign: wire("a") })).toThrow("foreign");
    expect(() => new HubChannelLayer({}, { broker: network.broker(bare) })).toThrow("foreign");
  });
});
