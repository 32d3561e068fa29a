export type {
  Broker,
  BrokerMessage,
  BrokerQueues,
  BrokerScope,
  BrokerSink,
  HistoryOptions,
  HistoryPage,
  LeaseOptions,
  Position,
  PositionRelation,
  Published,
  PublishOptions,
  Pulled,
  PushOptions,
  QueuedHole,
  QueuedMessage,
  Settlement,
  Subscribed,
} from "../layer/broker.ts";
export { Capacities, type ChannelCapacity } from "../layer/capacity.ts";
export type { Channel } from "../layer/channel.ts";
export type {
  ChannelLayer,
  ChannelSender,
  GroupEvent,
  GroupHistory,
  GroupSender,
  GroupSendOptions,
  HistoryRead,
  LayerCapabilities,
  LayerStats,
  NewChannelOptions,
  RememberedEvent,
} from "../layer/channel-layer.ts";
export type {
  ChannelArguments,
  EventArguments,
  EventContract,
  EventInput,
  EventTypeOf,
} from "../layer/contract-group.ts";
export type { Message } from "../layer/event.ts";
export type { EventFormat, ForeignWire, NodeNames } from "../layer/foreign-wire.ts";
export { jsonCodec } from "./envelope.ts";
export { type ClusterParts, HubChannelLayer } from "./hub-channel-layer.ts";
export { InMemoryChannelLayer } from "./in-memory-channel-layer.ts";
export {
  type ChannelLayerOptions,
  clusterDefaults,
  type ClusterOptions,
  layerDefaults,
} from "../layer/layer-options.ts";
export {
  type DeliveryCounters,
  Mailbox,
  type MailboxDelivery,
  type MailboxOptions,
  type OverflowPolicy,
} from "../layer/mailbox.ts";
export type { Joined, JoinOptions, Member, Seat } from "../layer/member.ts";
export type { EventData, EventMeta, GapCause, GroupGap, LayerMessage, LeasedMessage } from "../layer/message.ts";
export { Histories, type HistoryPolicies, type HistoryPolicy } from "../layer/history-policy.ts";
export { type Place, placeRelation } from "../layer/place.ts";
export type { ReceiveOptions } from "../layer/readers.ts";
export type { WireCodec } from "../layer/wire-codec.ts";
export { maxNameLength, nodeOf, nonLocalName, requireChannelName, requireGroupName } from "../layer/names.ts";
