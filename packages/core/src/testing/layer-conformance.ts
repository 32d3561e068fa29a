import type { ChannelLayer } from "../layer/channel-layer.ts";
import type {
  ConformanceCase,
  ConformanceHarness,
  ConformanceNeed,
  ConformanceSkip,
} from "./layer-conformance-case.ts";
import { channelCases } from "./layer-conformance-channels.ts";
import { groupCases } from "./layer-conformance-groups.ts";
import { historyCases } from "./layer-conformance-history.ts";
import { messageCases } from "./layer-conformance-messages.ts";
import { nodeCases } from "./layer-conformance-nodes.ts";
import { queueCases } from "./layer-conformance-queues.ts";

/**
 * Every guarantee of `ChannelLayer` as a case that a layer must pass, for any test runner.
 *
 * A case throws when the layer fails it. Make one test a case, each with a harness of its own; those that `conformanceSkip`
 * names are skipped with its reason.
 */
export const layerConformance: readonly ConformanceCase[] = [
  ...channelCases,
  ...messageCases,
  ...groupCases,
  ...nodeCases,
  ...historyCases,
  ...queueCases,
];

const reasons: Readonly<Partial<Record<ConformanceNeed, string>>> = {
  nodes: "the layer has one node",
  offsets: "the layer keeps no positions",
  history: "the layer remembers nothing",
  receivers: "the layer cannot tell how many nodes a send reached",
  envelopes: "the wire format of another system has no place for it",
  queues: "its nodes share no queues",
  ownQueues: "its queues go by the clock of the store, which no test can move",
};

/**
 * Why a case cannot run with what a harness offers; `undefined` when it can.
 *
 * @param offers whether several nodes can be made, and the capabilities of the layer under test.
 */
export function conformanceSkip(
  { name, needs = [] }: ConformanceCase,
  offers: {
    readonly nodes: boolean;
    readonly capabilities: ChannelLayer["capabilities"];
    readonly faults?: ConformanceHarness["faults"];
  },
): ConformanceSkip | undefined {
  const { nodes, capabilities, faults = {} } = offers;
  const has: Readonly<Record<string, unknown>> = {
    ...faults,
    nodes,
    offsets: capabilities.offsets,
    history: capabilities.history,
    receivers: capabilities.receivers,
    envelopes: capabilities.envelopes,
    queues: capabilities.queues,
    ownQueues: !capabilities.queues,
  };
  const lacking = needs.find((need) => has[need] === undefined || has[need] === false);
  if (lacking === undefined) return undefined;
  return { name, reason: reasons[lacking] ?? `the harness cannot inject "${lacking}"` };
}
