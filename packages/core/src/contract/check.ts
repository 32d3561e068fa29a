import type { Delivery } from "./definition.ts";
import type { DataSchema } from "./infer.ts";
import type { InputOf, OutputOf, Schema } from "./schema.ts";
import type { reservedSegments } from "../internal/event-type.ts";

// What `contract()` checks at compile time. A wrong part's type becomes a string literal that is the sentence to read:
// the compiler then prints it in the first line of its message.

/** `T` where it survives JSON as it is, `never` where it does not. Mapped, not recursive: recursive types are checked lazily. */
type Json<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends NotJson
    ? never
    : T extends readonly (infer Item)[]
      ? readonly Json<Item>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

type NotJson =
  | bigint
  | symbol
  | Date
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<never, unknown>
  | ReadonlySet<never>
  | ((...parameters: never) => unknown);

/** What is JSON beyond doubt. Types of interfaces, and of `unknown`, do not show it and take the longer way through `Json`. */
type Plain = string | number | boolean | null | undefined | readonly Plain[] | { readonly [key: string]: Plain };

// These conditions test no naked type parameter: so they do not distribute, without a tuple for each of a thousand messages.

/** The sentence for a schema whose input is not JSON, else `undefined`. */
type JsonProblem<S extends Schema, Where extends string> =
  InputOf<S> extends Plain ? undefined : LongJsonProblem<InputOf<S>, Where>;

type LongJsonProblem<T, Where extends string> = [T] extends [Json<T>]
  ? undefined
  : `${Where}: not JSON: use a string or a codec`;

/** The sentence for a schema that nobody may be trusted to run: its input must be JSON, and its output the same. */
type PlainProblem<S extends Schema, Where extends string> =
  OutputOf<S> extends InputOf<S>
    ? InputOf<S> extends OutputOf<S>
      ? JsonProblem<S, Where>
      : Differing<S, Where>
    : Differing<S, Where>;

type Differing<S extends Schema, Where extends string> =
  JsonProblem<S, Where> extends infer Problem extends string
    ? Problem
    : `${Where}: input and output types differ; only params and toServer may transform`;

type Guard<T, Problem> = [Problem] extends [undefined] ? T : Problem;

/** The names of the fields of an object type; any name where the type does not say. */
type FieldOf<T> = unknown extends T ? string : T extends unknown ? keyof T & string : never;

// Names

type MessageNameProblem<K extends string> = K extends `${string}${"." | "_" | "-" | " " | "/" | ":"}${string}`
  ? `message type "${K}": use letters and digits only, as in "said"`
  : K extends Uncapitalize<K>
    ? undefined
    : `message type "${K}": begin with a lower-case letter`;

type ReservedSegment = (typeof reservedSegments)[number];

type EventNameProblem<K extends string> = K extends `${infer First}.${infer Rest}`
  ? First extends ReservedSegment
    ? `event type "${K}": names that begin with "${First}." are reserved for Solent`
    : "" extends First | Rest
      ? `event type "${K}" needs a name on both sides of the dot: "noun.verb"`
      : K extends Lowercase<K> & `${string}${"_" | "-" | " " | "/" | ":"}${string}`
        ? EventAlphabet<K>
        : K extends Lowercase<K>
          ? undefined
          : EventAlphabet<K>
  : `event type "${K}" needs a dot: "noun.verb"`;

type EventAlphabet<K extends string> = `event type "${K}": use lower-case letters, digits and dots only`;

// Messages

/** What a message of `toServer` (`Transforms` is true) or `toClient` must be: itself, or the sentence that says why not. */
type CheckMessage<M, Where extends string, Name extends string, Transforms extends boolean> = [
  MessageNameProblem<Name>,
] extends [undefined]
  ? M extends Schema
    ? Guard<M, DataProblem<M, Where, Transforms>>
    : M extends object
      ? Whole<M, { readonly [K in keyof M]: CheckMessagePart<M, K, Where, Transforms> }>
      : `${Where}: give a schema, or an object of data, reply, errors, delivery, key`
  : MessageNameProblem<Name>;

// `M` itself when its parts are right: naked, so that the compiler infers it from here and not part by part.
type Whole<M, Checked> = M extends Checked ? M : Checked;

type DataProblem<S extends Schema, Where extends string, Transforms extends boolean> = Transforms extends true
  ? JsonProblem<S, Where>
  : PlainProblem<S, Where>;

type CheckMessagePart<M, K extends keyof M, Where extends string, Transforms extends boolean> = K extends "data"
  ? M[K] extends Schema
    ? Guard<M[K], DataProblem<M[K], Where, Transforms>>
    : Schema
  : K extends "reply"
    ? CheckPlain<M[K], `${Where}.reply`>
    : K extends "errors"
      ? { readonly [E in keyof M[K]]: CheckError<M[K][E], `${Where}.errors.${E & string}`> }
      : K extends "key"
        ? CheckKey<M, M[K]>
        : K extends "delivery"
          ? CheckDelivery<M, M[K]>
          : `${Where}: "${K & string}" is no part of a message: data, reply, errors, delivery, key`;

type CheckPlain<S, Where extends string> = S extends Schema ? Guard<S, PlainProblem<S, Where>> : Schema;

type CheckError<E, Where extends string> = E extends Schema
  ? Guard<E, PlainProblem<E, Where>>
  : E extends object
    ? {
        readonly [K in keyof E]: K extends "data"
          ? CheckPlain<E[K], Where>
          : `${Where}: "${K & string}" is no part of an error: data`;
      }
    : Schema;

type CheckKey<M, Key> =
  DataSchema<M> extends infer D extends Schema
    ? Key extends FieldOf<OutputOf<D>>
      ? Key
      : `key: the data has no field "${Key & string}"`
    : "key: there is no data to take it from";

type CheckDelivery<M, Word> = Word extends Delivery
  ? Word extends "latest"
    ? "key" extends keyof M
      ? Word
      : 'delivery "latest" needs key: the name of a field of the data'
    : Word
  : Delivery;

// Events

/** The sentence for a schema that is no event's: an event is a record of fields, none of them called `type`. */
type EventProblem<S extends Schema, Where extends string> = [PlainProblem<S, Where>] extends [undefined]
  ? RecordProblem<OutputOf<S>, Where>
  : PlainProblem<S, Where>;

type RecordProblem<T, Where extends string> = unknown extends T
  ? undefined
  : [T] extends [object]
    ? [T] extends [readonly unknown[]]
      ? `${Where}: an event is a record of fields: use an object`
      : string extends keyof T
        ? undefined
        : "type" extends keyof T
          ? `${Where}: a field called "type" is not possible: the event has one already`
          : undefined
    : `${Where}: an event is a record of fields: use an object`;

/** What an event must be: itself, or the sentence that says why not. */
type CheckEvent<E, Name extends string, ToClient> = [EventNameProblem<Name>] extends [undefined]
  ? E extends Schema
    ? Guard<E, EventProblem<E, `events.${Name}`>>
    : "forward" extends keyof E
      ? Whole<E, { readonly [K in keyof E]: CheckForwardPart<E[K], K, Name, ToClient> }>
      : E extends object
        ? Whole<E, { readonly [K in keyof E]: CheckEventPart<E, K, Name> }>
        : `events.${Name}: give a schema, { data, delivery, key } or { forward }`
  : EventNameProblem<Name>;

type CheckForwardPart<Part, K, Name extends string, ToClient> = K extends "forward"
  ? Part extends keyof ToClient
    ? Guard<Part, ForwardProblem<ToClient[Part], `events.${Name}`>>
    : `forward: toClient has no "${Part & string}"`
  : K extends "delivery"
    ? Part extends Delivery
      ? Part
      : Delivery
    : `events.${Name}: "${K & string}" is no part of a pass-through: forward, delivery`;

type ForwardProblem<M, Where extends string> =
  DataSchema<M> extends infer D extends Schema ? RecordProblem<OutputOf<D>, Where> : undefined;

type CheckEventPart<E, K extends keyof E, Name extends string> = K extends "data"
  ? E[K] extends Schema
    ? Guard<E[K], EventProblem<E[K], `events.${Name}`>>
    : Schema
  : K extends "key"
    ? CheckKey<E, E[K]>
    : K extends "delivery"
      ? CheckDelivery<E, E[K]>
      : `events.${Name}: "${K & string}" is no part of an event: data, delivery, key, forward`;

// Sections

/** The messages of one direction, each itself or the sentence that says why not. */
export type CheckMessages<M, Section extends string, Transforms extends boolean> = {
  readonly [K in keyof M]: CheckMessage<M[K], `${Section}.${K & string}`, K & string, Transforms>;
};

/** The events, each itself or the sentence that says why not. */
export type CheckEvents<E, ToClient> = { readonly [K in keyof E]: CheckEvent<E[K], K & string, ToClient> };

/** The presence schema: JSON, and the same for who writes it and who reads it. */
export type CheckPresence<P extends Schema> = Guard<P, PlainProblem<P, "presence">>;
