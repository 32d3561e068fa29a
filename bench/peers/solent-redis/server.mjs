// Solent over Redis or a Redis Cluster, with positions, as its options are by default.
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { serveSolent } from "../solent-room.mjs";

const { REDIS_URL, REDIS_CLUSTER } = process.env;
const redis = REDIS_CLUSTER === undefined ? REDIS_URL : { cluster: REDIS_CLUSTER.split(" ") };
const layer = new RedisPubSubChannelLayer({ redis });
await layer.ready();
await serveSolent(layer);
