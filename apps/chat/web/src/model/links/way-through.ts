import { anySocket } from "@solent/client/http";
import { sharedSocket } from "@solent/client/sharing";

/** How the page reaches its server: one connection for all of its conversations, whatever way gets through. */
export const wayThrough = sharedSocket({ WebSocket: anySocket() });
