// Socket.IO with its in-memory adapter.
import { serveSocketIo } from "../socketio-room.mjs";

serveSocketIo();
