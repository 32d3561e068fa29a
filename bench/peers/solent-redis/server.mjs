// Solent over Redis, with positions, as its options are by default.
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { serveSolent } from "../solent-room.mjs";

const layer = new RedisPubSubChannelLayer({ redis: process.env.REDIS_URL });
await layer.ready();
await serveSolent(layer);
