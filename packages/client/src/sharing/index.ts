export { multiplex, type Multiplex } from "./multiplex.ts";
export { sharedSocket, type SharedSocketOptions } from "./shared-socket.ts";
