// `ws` and Redis as everybody begins: a subscription a room, a PUBLISH a message, one `send` a member when it comes back.
import { WebSocket } from "ws";
import { redisClients } from "../redis-clients.mjs";
import { serveRoom } from "../ws-room.mjs";

const { publisher, subscriber } = await redisClients();

serveRoom((_groups, name, text) => void publisher.publish(name, text), {
  joined: (groups, name) =>
    subscriber.subscribe(name, (text) => {
      for (const socket of groups.get(name)) if (socket.readyState === WebSocket.OPEN) socket.send(text);
    }),
  left: (name) => subscriber.unsubscribe(name),
});
