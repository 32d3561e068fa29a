export { type CallFailure, ClientError, type ClientErrorCode } from "./client-error.ts";
export { connect } from "./connect.ts";
export type { ConnectOptions, ReconnectOptions } from "./options.ts";
export type {
  CallArguments,
  CallOptions,
  Closed,
  Complaint,
  ReceivedMessage,
  ReceiveType,
  RemoteConsumer,
  SendArguments,
  SendOptions,
  SendType,
} from "./remote-consumer.ts";
export type { ConnectionState, StateInfo } from "./socket/connection.ts";
export type { WebSocketConstructor, WebSocketLike } from "./socket/web-socket.ts";
