export type {
  Broker,
  BrokerMessage,
  BrokerScope,
  BrokerSink,
  HistoryOptions,
  HistoryPage,
  Position,
  PositionRelation,
  Published,
  PublishOptions,
  Subscribed,
} from "./broker.ts";
export { Capacities, type ChannelCapacity } from "./capacity.ts";
export type { Channel, ReceiveOptions } from "./channel.ts";
export type {
  ChannelLayer,
  ChannelSender,
  GroupEvent,
  GroupSender,
  GroupSendOptions,
  LayerCapabilities,
  LayerStats,
  NewChannelOptions,
} from "./channel-layer.ts";
export type { ChannelArguments, EventArguments, EventContract, EventInput, EventTypeOf } from "./contract-group.ts";
export type { Message } from "./event.ts";
export { HubChannelLayer } from "./hub-channel-layer.ts";
export { InMemoryChannelLayer } from "./in-memory-channel-layer.ts";
export { type ChannelLayerOptions, clusterDefaults, type ClusterOptions, layerDefaults } from "./layer-options.ts";
export {
  type DeliveryCounters,
  Mailbox,
  type MailboxDelivery,
  type MailboxOptions,
  type OverflowPolicy,
} from "./mailbox.ts";
export type { Member, Seat } from "./member.ts";
export type { EventData, EventMeta, GapCause, GroupGap, LayerMessage } from "./message.ts";
export { maxNameLength, nodeOf, nonLocalName, requireChannelName, requireGroupName } from "./names.ts";
