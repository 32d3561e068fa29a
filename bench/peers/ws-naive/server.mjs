// What everybody writes first: one `send` a member.
import { WebSocket } from "ws";
import { serveRoom } from "../ws-room.mjs";

serveRoom((groups, name, text) => {
  for (const socket of groups.get(name)) if (socket.readyState === WebSocket.OPEN) socket.send(text);
});
