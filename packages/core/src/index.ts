export { type Application } from "./connection/application.ts";
export { type Connection } from "./connection/connection.ts";
export type { EnvironmentOptions, Failure, OnError, OnUnknown, Unknown } from "./connection/environment.ts";
export { defaultLimits, type Limits } from "./connection/limits.ts";
export type { Overflow } from "./outbox/outbox.ts";
export type { End, EndCause, Link } from "./connection/link.ts";
export type { FetchTarget, HttpTarget, RequestListener } from "./connection/request.ts";
export type { Logger } from "./connection/logger.ts";
export type { Scope } from "./connection/scope.ts";
export { ChannelConsumer } from "./consumer/channel-consumer.ts";
export {
  Consumer,
  type IncomingProtocolEvent,
  type ProtocolEvent,
  type WebSocketConnectEvent,
  type WebSocketDisconnectEvent,
  type WebSocketReceiveEvent,
} from "./consumer/consumer.ts";
export type { Group, GroupSendOptions } from "./consumer/group.ts";
export type { Admission } from "./consumer/socket-consumer.ts";
export { type Answer, type HeadOptions, HttpConsumer } from "./consumer/http-consumer.ts";
export type { RequestBody } from "./consumer/request-body.ts";
export type { ServerSentEvent } from "./consumer/server-sent-event.ts";
export type { HttpExchange } from "./consumer/http-exchange.ts";
export type { EventFunction, FunctionOptions, PullSocket } from "./consumer/pull-socket.ts";
export { StopConsumer } from "./consumer/stop-consumer.ts";
export type {
  Handlers,
  ScopedConsumerClass,
  ScopedHttpClass,
  ScopedWorkerClass,
  Typed,
  TypedConsumerClass,
  TypedGroup,
} from "./consumer/typed.ts";
export { WebSocketConsumer } from "./consumer/websocket-consumer.ts";
export { runWorker, type Worker, type WorkerOptions } from "./runner/worker.ts";
export { contract, type AnyContract, type Contract } from "./contract/contract.ts";
export type { Delivery } from "./contract/definition.ts";
export type { EventOf, Params, Received } from "./contract/infer.ts";
export { SolentError } from "./errors/solent-error.ts";
export type { ChannelLayer } from "./layer/channel-layer.ts";
export { InMemoryChannelLayer } from "./hub/in-memory-channel-layer.ts";
export type { ChannelLayerOptions } from "./layer/layer-options.ts";
export type { EventMeta, GroupGap } from "./layer/message.ts";
export { allowOrigins, type OriginOptions, type Origins } from "./middleware/allow-origins.ts";
export { cookies } from "./middleware/cookies.ts";
export { addToScope, middleware, type Added, type Middleware } from "./middleware/middleware.ts";
export { rateLimit, type RateLimitOptions } from "./middleware/rate-limit.ts";
export { signedSession, type SignedSession, type SignedSessionOptions } from "./middleware/signed-session.ts";
export { ChannelNameRouter } from "./routing/channel-name-router.ts";
export { asyncApi, type AsyncApiDocument, type AsyncApiInfo } from "./routing/async-api.ts";
export { listRoutes, type ListedRoute } from "./routing/list-routes.ts";
export { mount } from "./routing/mount.ts";
export { ProtocolTypeRouter } from "./routing/protocol-type-router.ts";
export { acceptWebSocket, type ExchangeOptions } from "./routing/accept-web-socket.ts";
export { requireWebSocket } from "./routing/require-web-socket.ts";
export { path, type Route } from "./routing/route.ts";
export { URLRouter } from "./routing/url-router.ts";
