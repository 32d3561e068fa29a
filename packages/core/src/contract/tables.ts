import { SolentError } from "../errors/solent-error.ts";
import { eventTypeProblem } from "../internal/event-type.ts";
import { deliveries, type Delivery } from "./definition.ts";
import { handlerNameOf, messageTypeProblem } from "./event-name.ts";
import { isSchema, type Schema } from "./schema.ts";

/** A message as the consumer runtime and the client look it up. */
export interface MessageEntry {
  readonly type: string;
  /** The schema of its data; `undefined`: it carries none. */
  readonly data: Schema | undefined;
  /** The schema of its answer; `undefined`: it is only acknowledged. */
  readonly reply: Schema | undefined;
  /** The error codes it may be answered with; `undefined` for a code that carries nothing. */
  readonly errors: ReadonlyMap<string, Schema | undefined>;
  /** `undefined`: in order, at most once. */
  readonly delivery: Delivery | undefined;
  /** The field of the data that `"latest"` goes by. */
  readonly key: string | undefined;
}

/** An event as the consumer runtime and the layer look it up. */
export interface EventEntry {
  readonly type: string;
  /** The method that handles it: `"chat_message"` for `"chat.message"`. */
  readonly handler: string;
  /** The schema of its fields; `undefined`: it carries none. */
  readonly data: Schema | undefined;
  /** The message it is forwarded as; then there is no handler. */
  readonly forward: MessageEntry | undefined;
  /** `undefined`: in order, at most once. */
  readonly delivery: Delivery | undefined;
  /** The field of the data that `"latest"` goes by. */
  readonly key: string | undefined;
}

/** A contract as the run time sees it: look-ups by type that no name of a prototype can reach. */
export interface ContractTables {
  readonly params: Schema | undefined;
  readonly presence: Schema | undefined;
  readonly toServer: ReadonlyMap<string, MessageEntry>;
  readonly toClient: ReadonlyMap<string, MessageEntry>;
  readonly events: ReadonlyMap<string, EventEntry>;
}

type Fields = Readonly<Record<string, unknown>>;

const sections = ["params", "presence", "toServer", "toClient", "events"];
const messageKeys = ["data", "reply", "errors", "delivery", "key"];
const eventKeys = ["data", "delivery", "key"];
const forwardKeys = ["forward", "delivery"];

/**
 * The look-ups of a contract, built once when the contract was made.
 *
 * @internal
 */
export function tablesOf(contract: { readonly "~tables": ContractTables }): ContractTables {
  return contract["~tables"];
}

/**
 * Checks a definition and builds its look-ups.
 *
 * @throws {SolentError} CONTRACT_INVALID naming the entry and the rule it breaks.
 * @internal
 */
export function buildTables(definition: unknown): ContractTables {
  const parts = fieldsOf(definition, "contract");
  refuseOtherKeys(parts, sections, "contract");
  const toClient = messageTable(parts["toClient"], "toClient");
  return {
    params: schemaAt(parts["params"], "params"),
    presence: schemaAt(parts["presence"], "presence"),
    toServer: messageTable(parts["toServer"], "toServer"),
    toClient,
    events: eventTable(parts["events"], toClient),
  };
}

function messageTable(section: unknown, name: string): ReadonlyMap<string, MessageEntry> {
  const table = new Map<string, MessageEntry>();
  if (section === undefined) return table;
  for (const [type, definition] of Object.entries(fieldsOf(section, name))) {
    const entry = `${name}.${type}`;
    const problem = messageTypeProblem(type);
    if (problem !== undefined) throw invalid(entry, problem);
    table.set(type, messageEntry(type, definition, entry));
  }
  return table;
}

function messageEntry(type: string, definition: unknown, entry: string): MessageEntry {
  const none = {
    type,
    reply: undefined,
    errors: new Map<string, Schema | undefined>(),
    delivery: undefined,
    key: undefined,
  };
  if (isSchema(definition)) return { ...none, data: definition };
  const fields = fieldsOf(definition, entry);
  refuseOtherKeys(fields, messageKeys, entry);
  return {
    type,
    data: schemaAt(fields["data"], `${entry}.data`),
    reply: schemaAt(fields["reply"], `${entry}.reply`),
    errors: errorTable(fields["errors"], `${entry}.errors`),
    ...deliveryOf(fields, entry),
  };
}

function errorTable(section: unknown, name: string): ReadonlyMap<string, Schema | undefined> {
  const table = new Map<string, Schema | undefined>();
  if (section === undefined) return table;
  for (const [code, definition] of Object.entries(fieldsOf(section, name))) {
    const entry = `${name}.${code}`;
    const problem = messageTypeProblem(code);
    if (problem !== undefined) throw invalid(entry, problem.replace("a message type", "an error code"));
    table.set(code, errorSchema(definition, entry));
  }
  return table;
}

function errorSchema(definition: unknown, entry: string): Schema | undefined {
  if (isSchema(definition)) return definition;
  const fields = fieldsOf(definition, entry);
  refuseOtherKeys(fields, ["data"], entry);
  return schemaAt(fields["data"], `${entry}.data`);
}

function eventTable(section: unknown, toClient: ReadonlyMap<string, MessageEntry>): ReadonlyMap<string, EventEntry> {
  const table = new Map<string, EventEntry>();
  if (section === undefined) return table;
  for (const [type, definition] of Object.entries(fieldsOf(section, "events"))) {
    const entry = `events.${type}`;
    const problem = eventTypeProblem(type);
    if (problem !== undefined) throw invalid(entry, problem);
    table.set(type, eventEntry(type, definition, toClient));
  }
  return table;
}

function eventEntry(type: string, definition: unknown, toClient: ReadonlyMap<string, MessageEntry>): EventEntry {
  const entry = `events.${type}`;
  const base = { type, handler: handlerNameOf(type), forward: undefined };
  if (isSchema(definition)) return { ...base, data: definition, delivery: undefined, key: undefined };
  const fields = fieldsOf(definition, entry);
  if (fields["forward"] !== undefined) return { ...base, ...forwardOf(fields, entry, toClient) };
  refuseOtherKeys(fields, eventKeys, entry);
  return { ...base, data: schemaAt(fields["data"], `${entry}.data`), ...deliveryOf(fields, entry) };
}

function forwardOf(
  fields: Fields,
  entry: string,
  toClient: ReadonlyMap<string, MessageEntry>,
): Pick<EventEntry, "data" | "forward" | "delivery" | "key"> {
  refuseOtherKeys(fields, forwardKeys, entry);
  const target = fields["forward"];
  const forward = typeof target === "string" ? toClient.get(target) : undefined;
  if (forward === undefined) {
    throw invalid(
      entry,
      `forward names no message of toClient: ${typeof target === "string" ? `"${target}"` : typeof target}`,
    );
  }
  const own = deliveryOf({ delivery: fields["delivery"], key: forward.key }, entry);
  return { data: forward.data, forward, delivery: own.delivery ?? forward.delivery, key: forward.key };
}

function deliveryOf(fields: Fields, entry: string): Pick<MessageEntry, "delivery" | "key"> {
  const { delivery, key } = fields;
  if (delivery !== undefined && !isDelivery(delivery)) {
    throw invalid(entry, `delivery is one of ${deliveries.map((word) => `"${word}"`).join(", ")}`);
  }
  if (key !== undefined && (typeof key !== "string" || key === "")) {
    throw invalid(entry, "key is the name of a field of the data, as text");
  }
  if (delivery === "latest" && key === undefined) {
    throw invalid(entry, 'delivery "latest" needs key: the name of the field that says of what it is the latest');
  }
  return { delivery, key };
}

function isDelivery(word: unknown): word is Delivery {
  return (deliveries as readonly unknown[]).includes(word);
}

function schemaAt(value: unknown, entry: string): Schema | undefined {
  if (value === undefined || isSchema(value)) return value;
  throw invalid(entry, "it is no schema: give one of a library that speaks Standard Schema, such as zod");
}

function fieldsOf(value: unknown, entry: string): Fields {
  // A schema here is a section or a long form put in the wrong place: its own keys would be read as names.
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !isSchema(value)) return value as Fields;
  throw invalid(entry, entry.includes(".") ? "it is neither a schema nor an object" : "it is not an object of names");
}

function refuseOtherKeys(fields: Fields, known: readonly string[], entry: string): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) throw invalid(entry, `"${key}" is unknown here; known are ${known.join(", ")}`);
  }
}

function invalid(entry: string, rule: string): SolentError {
  return new SolentError("CONTRACT_INVALID", { entry, rule });
}
