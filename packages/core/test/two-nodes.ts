import { HubChannelLayer } from "../src/hub/hub-channel-layer.ts";
import type { ClusterOptions } from "../src/layer/layer-options.ts";
import type { InProcessBroker, InProcessBrokerOptions } from "../src/testing/in-process-broker.ts";
import type { InProcessNetwork } from "../src/testing/in-process-network.ts";

/** A layer, and its broker on the network. */
export interface Node {
  readonly layer: HubChannelLayer;
  readonly broker: InProcessBroker;
}

/** An event to publish. */
export const say = (n: unknown): { type: string; n: unknown } => ({ type: "chat.message", n });

/** Two connected nodes of one network. */
export async function makeNodes(
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

/**
 * Watches the promise that the hub gives every broker: never two commands in flight for one group.
 *
 * What was in flight on a connection that is lost will not be answered any more, even where its promise takes a few turns
 * to say so.
 */
export function watchCommands(broker: InProcessBroker): { readonly overlaps: string[] } {
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
