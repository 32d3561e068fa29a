// The room on Socket.IO, WebSocket transport only. The adapter is left to the peer; without one it is in memory.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { host, port } from "./peer-process.mjs";

export function serveSocketIo(adapter) {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], serveClient: false, ...(adapter && { adapter }) });

  io.on("connection", (socket) => {
    const { room } = socket.handshake.query;
    void socket.join(room);
    socket.on("chat", ({ message }) => {
      io.to(room).emit("chat", { message });
    });
    socket.on("bulk", async ({ op, n, base }) => {
      for (let i = 0; i < n; i++) {
        // The in-memory adapter answers at once; adapters over Redis answer with a promise.
        const done = op === "join" ? socket.join(`${base}-${i}`) : socket.leave(`${base}-${i}`);
        if (done !== undefined) await done;
      }
      socket.emit("bulk", { bulkdone: 1 });
    });
  });
  http.listen(port, host, 1024);
}
