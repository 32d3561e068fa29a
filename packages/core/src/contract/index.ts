export { contract, type AnyContract, type Contract } from "./contract.ts";
export type {
  Delivery,
  ErrorDefinition,
  EventDefinition,
  EventOptions,
  ForwardOptions,
  MessageDefinition,
  MessageOptions,
} from "./definition.ts";
export type {
  ClientAnswers,
  ClientReceives,
  ClientReplies,
  ClientSends,
  DataArguments,
  DeepReadonly,
  EventOf,
  EventType,
  Params,
  PresenceOf,
  Received,
  Sendable,
  ServerReplies,
  ServerSends,
  ToClientType,
  ToServerType,
} from "./infer.ts";
export type { InputOf, OutputOf, Schema } from "./schema.ts";
export type { ContractTables, EventEntry, MessageEntry } from "./tables.ts";
