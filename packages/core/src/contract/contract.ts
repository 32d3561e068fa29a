import type { CheckEvents, CheckMessages, CheckPresence } from "./check.ts";
import type { Nothing, Section } from "./definition.ts";
import type { Schema } from "./schema.ts";
import { buildTables, type ContractTables } from "./tables.ts";
import { validateEvent } from "./validate-event.ts";

/** What two ends agreed on: the messages of both directions, the events of groups, params and presence. */
export interface Contract<
  Params extends Schema | undefined,
  Presence extends Schema | undefined,
  ToServer extends Section,
  ToClient extends Section,
  GroupEvents extends Section,
> {
  /** The schema of the path's parameters; it may transform. */
  readonly params: Params;
  /** The schema of what a member tells about itself. */
  readonly presence: Presence;
  /** The messages a client sends; always validated, may transform. */
  readonly toServer: ToServer;
  /** The messages a consumer sends. */
  readonly toClient: ToClient;
  /** The events that reach a consumer through its groups. */
  readonly events: GroupEvents;
  /** @internal */
  readonly "~tables": ContractTables;
  /**
   * The fields of an event as its schema gives them.
   *
   * @throws {SolentError} EVENT_INVALID when the contract has no such event; CONTRACT_MISMATCH when the data does not fit.
   * @internal
   */
  "~validateEvent"(type: string, data: unknown): Record<string, unknown>;
}

/** Any contract at all. */
export type AnyContract = Contract<Schema | undefined, Schema | undefined, Section, Section, Section>;

// The compiler infers the sections as fresh object literals, and in TypeScript 5 and 6 a fresh literal does not extend a
// type that knows fewer keys: `{ data, delivery } extends { data }` would be false. A mapped type is never fresh.
type Parts<Section> = {
  readonly [T in keyof Section]: Section[T] extends Schema
    ? Section[T]
    : { readonly [P in keyof Section[T]]: Section[T][P] };
};

/**
 * Declares what may travel, once, for the server, its consumers and the browser.
 *
 * Every key is optional. A message is a schema, `{ data, reply, errors, delivery, key }`, or `{}` for no data; an event is
 * a schema, `{ data, delivery, key }` or `{ forward: "said" }`. Schemas are synchronous, what travels is JSON, and only
 * `params` and `toServer` may transform: the compiler checks it, and what it cannot see is checked when this runs.
 *
 * @throws {SolentError} CONTRACT_INVALID when a name, a key or a word is wrong.
 */
/* @__NO_SIDE_EFFECTS__ */
export function contract<
  const Params extends Schema | undefined = undefined,
  const Presence extends Schema = never,
  const ToServer extends Section = Nothing,
  const ToClient extends Section = Nothing,
  const GroupEvents extends Section = Nothing,
>(definition: {
  readonly params?: Params;
  readonly presence?: CheckPresence<Presence>;
  readonly toServer?: CheckMessages<ToServer, "toServer", true>;
  readonly toClient?: CheckMessages<ToClient, "toClient", false>;
  readonly events?: CheckEvents<GroupEvents, ToClient>;
}): Contract<
  Params,
  [Presence] extends [never] ? undefined : Presence,
  Parts<ToServer>,
  Parts<ToClient>,
  Parts<GroupEvents>
> {
  const tables = buildTables(definition);
  const { params, presence, toServer = {}, toClient = {}, events = {} } = definition;
  const built = {
    params,
    presence,
    toServer,
    toClient,
    events,
    "~tables": tables,
    "~validateEvent": (type: string, data: unknown) => validateEvent(tables, type, data),
  };
  // The parts were checked by type and at run time; the mapped types of the parameter cannot be undone by the compiler.
  return Object.freeze(built) as unknown as ReturnType<
    typeof contract<Params, Presence, ToServer, ToClient, GroupEvents>
  >;
}
