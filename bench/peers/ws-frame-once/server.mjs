// The frame is built once, and each member gets one write of it. `_sender` is no public API of `ws`.
import { WebSocket } from "ws";
import { frameOf } from "../ws-frame.mjs";
import { serveRoom } from "../ws-room.mjs";

serveRoom((groups, name, text) => {
  const frame = [frameOf(text)];
  for (const socket of groups.get(name)) if (socket.readyState === WebSocket.OPEN) socket._sender.sendFrame(frame);
});
