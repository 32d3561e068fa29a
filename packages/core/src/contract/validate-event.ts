import { SolentError } from "../errors/solent-error.ts";
import { pathText, validate } from "./schema.ts";
import type { ContractTables, EventEntry } from "./tables.ts";

/**
 * The fields of an event, as its schema gives them.
 *
 * The record may share parts with `data`: who keeps it takes a snapshot.
 *
 * @throws {SolentError} EVENT_INVALID when the contract has no event `type` or the schema gives no record of fields;
 *   CONTRACT_MISMATCH with type, path and issue when the data does not fit; CONTRACT_ASYNC when the schema is asynchronous.
 * @internal
 */
export function validateEvent(tables: ContractTables, type: string, data: unknown): Record<string, unknown> {
  const entry = tables.events.get(type);
  if (entry === undefined) {
    throw new SolentError("EVENT_INVALID", {
      type,
      rule: `the contract has no such event; it has ${namesOf(tables.events)}`,
    });
  }
  const fields = entry.data === undefined ? withoutData(entry, data) : outputOf(entry, data);
  if (!isRecord(fields)) throw new SolentError("EVENT_INVALID", { type, rule: "an event is a record of fields" });
  if (Object.hasOwn(fields, "type")) {
    throw new SolentError("EVENT_INVALID", {
      type,
      rule: 'a field called "type" is not possible: the event has one already',
    });
  }
  return fields;
}

/**
 * Finds an event whose schema gives another value when it reads its own output: a transform, a default or a coercion.
 *
 * Receivers on other nodes read the output again, and `forward` hands it on as it is. The compiler sees most of these; what
 * keeps the type and changes the value (`z.string().trim()` after `.transform`, a counter) shows only here.
 *
 * @throws {SolentError} CONTRACT_INVALID naming the event.
 * @internal
 */
export function requireStableEvent(tables: ContractTables, type: string, fields: Record<string, unknown>): void {
  if (tables.events.get(type)?.data === undefined) return;
  const again = validateEvent(tables, type, fields);
  if (JSON.stringify(again) === JSON.stringify(fields)) return;
  throw new SolentError("CONTRACT_INVALID", {
    entry: `events.${type}`,
    rule: "its schema changes what it has given already; only params and toServer may transform",
  });
}

function outputOf(entry: EventEntry, data: unknown): unknown {
  const schema = entry.data;
  if (schema === undefined) return undefined;
  const result = validate(schema, data, `events.${entry.type}`);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  throw new SolentError("CONTRACT_MISMATCH", {
    type: entry.type,
    path: pathText(issue.path),
    issue: issue.message,
  });
}

function withoutData(entry: EventEntry, data: unknown): Record<string, unknown> {
  if (data === undefined || (isRecord(data) && Object.keys(data).length === 0)) return {};
  throw new SolentError("CONTRACT_MISMATCH", { type: entry.type, path: "", issue: "this event carries no data" });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function namesOf(table: ReadonlyMap<string, unknown>): string {
  const names = [...table.keys()].slice(0, 20).map((name) => `"${name}"`);
  return names.length === 0 ? "none" : names.join(", ") + (table.size > 20 ? ` and ${table.size - 20} more` : "");
}
