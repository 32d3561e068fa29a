// Socket.IO over its sharded Redis adapter.
import { createShardedAdapter } from "@socket.io/redis-adapter";
import { redisClients } from "../redis-clients.mjs";
import { serveSocketIo } from "../socketio-room.mjs";

const { publisher, subscriber } = await redisClients();
serveSocketIo(createShardedAdapter(publisher, subscriber));
