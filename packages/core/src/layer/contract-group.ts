import type { GroupSendOptions } from "./channel-layer.ts";

/**
 * What a layer needs of a contract. It is written down here structurally, so that the layer does not know contracts; the
 * value of `contract(...)` fits.
 */
export interface EventContract {
  readonly events: object;
  readonly toClient: object;
  /** The fields of an event as its schema gives them, or a throw. */
  "~validateEvent"(type: string, data: unknown): Record<string, unknown>;
}

/** The types of the events of a contract. */
export type EventTypeOf<Contract extends EventContract> = keyof Contract["events"] & string;

interface SchemaLike {
  readonly "~standard": { readonly types?: { readonly input: unknown } | undefined };
}

type InputOf<S extends SchemaLike> = NonNullable<S["~standard"]["types"]>["input"];

type DataOf<Entry> = Entry extends SchemaLike
  ? InputOf<Entry>
  : Entry extends { readonly data: infer D extends SchemaLike }
    ? InputOf<D>
    : undefined;

type Sendable<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly unknown[]
    ? // An array type is deferred, a mapped one is not: types that contain themselves would not end.
      number extends T["length"]
      ? readonly Sendable<T[number]>[]
      : { readonly [K in keyof T]: Sendable<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: Sendable<T[K]> }
      : T;

/** What an event carries, as its sender writes it; `undefined` for one without fields. */
export type EventInput<Contract extends EventContract, Type extends EventTypeOf<Contract>> = Sendable<
  Contract["events"][Type] extends { readonly forward: infer F extends keyof Contract["toClient"] }
    ? DataOf<Contract["toClient"][F]>
    : DataOf<Contract["events"][Type]>
>;

/** What follows the event type in `send`. */
export type EventArguments<Contract extends EventContract, Type extends EventTypeOf<Contract>> = [
  EventInput<Contract, Type>,
] extends [undefined]
  ? [data?: undefined, options?: GroupSendOptions]
  : [data: EventInput<Contract, Type>, options?: GroupSendOptions];

/** What follows the event type in `send` to a single channel. */
export type ChannelArguments<Contract extends EventContract, Type extends EventTypeOf<Contract>> = [
  EventInput<Contract, Type>,
] extends [undefined]
  ? [data?: undefined]
  : [data: EventInput<Contract, Type>];

/** Whether the contract says that an event may get lost without notice. */
export function isVolatile(contract: EventContract, type: string): boolean {
  const entry: unknown = Object.hasOwn(contract.events, type) ? Reflect.get(contract.events, type) : undefined;
  return typeof entry === "object" && entry !== null && "delivery" in entry && entry.delivery === "volatile";
}
