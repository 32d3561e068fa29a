// Socket.IO over its classic Redis adapter.
import { createAdapter } from "@socket.io/redis-adapter";
import { redisClients } from "../redis-clients.mjs";
import { serveSocketIo } from "../socketio-room.mjs";

const { publisher, subscriber } = await redisClients();
serveSocketIo(createAdapter(publisher, subscriber));
