export type { FetchHandler, NodeListener } from "./http-handler.ts";
export {
  attach,
  type AttachOptions,
  type CloseOptions,
  type RootApplication,
  serve,
  type ServeOptions,
  SolentServer,
} from "./serve.ts";
export type { DeflateOptions } from "./socket-server.ts";
export type { Denials } from "./websocket-transport.ts";
