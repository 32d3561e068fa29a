import {
  type ChannelLayer,
  type ChannelLayerOptions,
  type ClusterOptions,
  type ForeignWire,
  HubChannelLayer,
  jsonCodec,
  nodeOf,
  requireChannelName,
} from "@solent/core/layer";
import {
  type ConformanceHarness,
  conformanceSkip,
  type InProcessBroker,
  type InProcessBrokerOptions,
  InProcessNetwork,
  layerConformance,
} from "@solent/core/testing";
import { describe, test } from "vitest";

let nodes = 0;

/** The wire of another system that writes type and data in JSON, and names its channels as Solent does. */
function foreignWire(): ForeignWire {
  nodes += 1;
  const node = `node${nodes}`;
  let last = 0;
  const next = (prefix = "specific."): string => {
    last += 1;
    const name = `${prefix}${node}!${last}`;
    requireChannelName(name);
    return name;
  };
  const decode = (bytes: Uint8Array) => {
    const [type, data] = jsonCodec.decode(bytes) as [unknown, unknown];
    return { type, data };
  };
  return { names: { node, next, nodeOf }, format: { encode: (type, data) => jsonCodec.encode([type, data]), decode } };
}

class Harness implements ConformanceHarness, AsyncDisposable {
  readonly faults: NonNullable<ConformanceHarness["faults"]>;
  readonly #network = new InProcessNetwork();
  readonly #brokerOptions: InProcessBrokerOptions;
  readonly #brokers = new Map<ChannelLayer, InProcessBroker>();

  constructor(options: InProcessBrokerOptions) {
    this.#brokerOptions = options;
    const network = this.#network;
    this.faults = {
      disconnect: (layer) => this.#broker(layer).disconnect(),
      reconnect: (layer) => this.#broker(layer).reconnect(),
      publishNextTwice: () => network.publishNextTimes(2),
      loseNext: (layer) => {
        const loser = this.#broker(layer);
        network.loseWhere((_, broker) => {
          if (broker !== loser) return false;
          network.loseWhere(undefined);
          return true;
        });
      },
      rewind: (group, events) => network.rewind(group, events),
      dropSubscription: (layer, group) => this.#broker(layer).dropSubscription(group),
      poison: (layer, bytes, group) => {
        const broker = this.#broker(layer);
        if (group === undefined) broker.injectInbox(undefined, bytes);
        else broker.inject({ group, id: undefined, position: undefined, bytes });
      },
      refuse: (_, group) => network.refuse(group, new Error("NOPERM")),
    };
  }

  async layers(count: number, options: ChannelLayerOptions & ClusterOptions = {}): Promise<readonly ChannelLayer[]> {
    const { lingerMs, joinTimeoutMs, callTimeoutMs, verifyIntervalMs, leaseMs, ...rest } = options;
    const layers = Array.from({ length: count }, () => {
      const broker = this.#network.broker(this.#brokerOptions);
      const foreign = broker.capabilities.envelopes ? undefined : foreignWire();
      const times = { lingerMs, joinTimeoutMs, callTimeoutMs, verifyIntervalMs, leaseMs };
      const layer = new HubChannelLayer(rest, { broker, foreign, ...times });
      this.#brokers.set(layer, broker);
      return layer;
    });
    await this.#network.settled();
    return layers;
  }

  settle(): Promise<void> {
    return this.#network.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const layer of this.#brokers.keys()) await layer.close();
  }

  #broker(layer: ChannelLayer): InProcessBroker {
    const broker = this.#brokers.get(layer);
    if (broker === undefined) throw new Error("not a layer of this harness");
    return broker;
  }
}

const everything = { offsets: true, history: true, presence: false, receivers: true, envelopes: true, queues: true };

describe.each([
  ["with all it can", everything],
  ["without positions and counts", { ...everything, offsets: false, history: false, receivers: false }],
  ["without queues", { ...everything, queues: false }],
  [
    "in the wire format of another system",
    { ...everything, offsets: false, history: false, envelopes: false, queues: false },
  ],
])("HubChannelLayer over the in-process broker, %s", (_, capabilities) => {
  for (const conformanceCase of layerConformance) {
    const { faults } = new Harness(capabilities);
    const skip = conformanceSkip(conformanceCase, { nodes: true, capabilities, faults });
    if (skip !== undefined) {
      test.skip(`${skip.name} [${skip.reason}]`);
      continue;
    }
    test(conformanceCase.name, async () => {
      await using harness = new Harness(capabilities);
      await conformanceCase.run(harness);
    });
  }
});
