export type { RedisConnectOptions } from "./connection/connect-options.ts";
export { createSender, type Sender, type SenderOptions } from "./create-sender.ts";
export type { RedisAddress, RedisLocation, RedisPubSubChannelLayerOptions } from "./redis-layer-options.ts";
export { RedisPubSubChannelLayer } from "./redis-pubsub-channel-layer.ts";
