import type { Application } from "../connection/application.ts";
import type { Schema } from "../contract/schema.ts";
import { type ContractTables, type MessageEntry, tablesOf } from "../contract/tables.ts";
import { type FoundRoute, findRoutes } from "./list-routes.ts";

/** What an AsyncAPI document says about the application itself. */
export interface AsyncApiInfo {
  readonly title: string;
  /** The application's version: `"1.0.0"`. */
  readonly version: string;
  readonly description?: string;
}

/** An AsyncAPI 3.0.0 document, as JSON. */
export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: AsyncApiInfo;
  readonly defaultContentType: "application/json";
  readonly channels: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Describes the WebSocket routes of an application whose consumers have a contract, as AsyncAPI 3.0.0.
 *
 * Payloads are the envelopes of the wire protocol. Schemas of libraries that speak Standard JSON Schema (zod 4.2 and later)
 * are written out; others are described as any value.
 */
export function asyncApi(app: Application<never>, info: AsyncApiInfo): AsyncApiDocument {
  const channels: Record<string, Json> = {};
  const operations: Record<string, Json> = {};
  for (const route of findRoutes(app)) {
    const tables = contractOf(route);
    if (tables === undefined) continue;
    const name = channelName(route, channels);
    channels[name] = channelOf(route, tables);
    Object.assign(operations, operationsOf(name, tables));
  }
  return { asyncapi: "3.0.0", info, defaultContentType: "application/json", channels, operations };
}

function contractOf({ protocol, consumerClass }: FoundRoute): ContractTables | undefined {
  if (protocol !== "websocket" && protocol !== "") return undefined;
  const { contract } = (consumerClass ?? {}) as { readonly contract?: { readonly "~tables": ContractTables } };
  return contract === undefined ? undefined : tablesOf(contract);
}

function channelName({ target }: FoundRoute, taken: Readonly<Record<string, unknown>>): string {
  const base = target.replaceAll(/[^A-Za-z0-9]/g, "");
  let name = base;
  for (let i = 2; Object.hasOwn(taken, name); i++) name = `${base}${i}`;
  return name;
}

function channelOf({ pattern }: FoundRoute, tables: ContractTables): Json {
  const names = [...pattern.matchAll(/:([A-Za-z][A-Za-z0-9_]*)\*?/g)].map(([, name = ""]) => name);
  const messages: Record<string, Json> = {};
  for (const [side, table] of [
    ["toServer", tables.toServer],
    ["toClient", tables.toClient],
  ] as const) {
    for (const entry of table.values()) messages[`${side}.${entry.type}`] = messageOf(entry, side);
  }
  return {
    address: pattern.replaceAll(/:([A-Za-z][A-Za-z0-9_]*)\*?/g, "{$1}"),
    ...(names.length === 0 ? {} : { parameters: Object.fromEntries(names.map((name) => [name, {}])) }),
    messages,
  };
}

function messageOf(entry: MessageEntry, side: "toServer" | "toClient"): Json {
  const data = entry.data === undefined ? undefined : jsonSchema(entry.data, side === "toServer" ? "input" : "output");
  const properties = { type: { const: entry.type }, ...(data === undefined ? {} : { data }) };
  return {
    name: entry.type,
    payload: { type: "object", properties, required: Object.keys(properties) },
    ...(entry.delivery === undefined ? {} : { "x-delivery": entry.delivery }),
    ...(entry.reply === undefined ? {} : { "x-reply": jsonSchema(entry.reply, "output") }),
  };
}

// Actions are the application's own: it receives what clients send.
function operationsOf(channel: string, tables: ContractTables): Json {
  const operation = (action: "receive" | "send", side: "toServer" | "toClient", type: string): [string, Json] => [
    `${channel}.${action}.${type}`,
    {
      action,
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${side}.${type}` }],
    },
  ];
  return Object.fromEntries([
    ...[...tables.toServer.keys()].map((type) => operation("receive", "toServer", type)),
    ...[...tables.toClient.keys()].map((type) => operation("send", "toClient", type)),
  ]);
}

/** The converter of Standard JSON Schema, where a schema has one. */
type Converter = Readonly<
  Record<"input" | "output", (options: { readonly target: string }) => Record<string, unknown>>
>;

function jsonSchema(schema: Schema, side: "input" | "output"): Json {
  const { jsonSchema: converter } = schema["~standard"] as { readonly jsonSchema?: Converter };
  if (converter === undefined) return {};
  try {
    const { $schema: _dialect, ...described } = converter[side]({ target: "draft-07" });
    return described;
  } catch {
    // A schema that JSON Schema cannot say (a custom check, a codec) is any value to a reader of the document.
    return {};
  }
}
