// The messages of one event-loop turn are joined into one buffer a group, which all members share: what is to be had by
// hand, without handlers. `_sender` is no public API of `ws`.
import { WebSocket } from "ws";
import { frameOf } from "../ws-frame.mjs";
import { serveRoom } from "../ws-room.mjs";

const pending = new Map();

serveRoom((groups, name, text) => {
  const frames = pending.get(name);
  if (frames !== undefined) {
    frames.push(frameOf(text));
    return;
  }
  if (pending.size === 0) setImmediate(flush, groups);
  pending.set(name, [frameOf(text)]);
});

function flush(groups) {
  for (const [name, frames] of pending) {
    const joined = [frames.length === 1 ? frames[0] : Buffer.concat(frames)];
    for (const socket of groups.get(name)) if (socket.readyState === WebSocket.OPEN) socket._sender.sendFrame(joined);
  }
  pending.clear();
}
