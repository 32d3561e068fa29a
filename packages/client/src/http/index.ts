export { anySocket, type AnySocketOptions, type ConnectTransport } from "./any-socket.ts";
