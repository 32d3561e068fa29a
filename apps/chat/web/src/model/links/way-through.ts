import { anySocket } from "@solent/client/http";

/** How all connections of the page find their way: what worked for one is tried first by the others. */
export const wayThrough = anySocket();
