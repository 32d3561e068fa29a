export type { FetchHandler, NodeListener } from "./http-handler.ts";
export { publishEndpoint, type PublishEndpointOptions } from "./publish-endpoint.ts";
export {
  attach,
  type AttachOptions,
  type CloseOptions,
  type RootApplication,
  serve,
  type ServeOptions,
  SolentServer,
  type TransportName,
} from "./serve.ts";
export type { Denials } from "./refusal.ts";
export type { DeflateOptions } from "./socket-server.ts";
