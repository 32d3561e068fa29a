import type { AnyContract } from "./contract.ts";
import type { InputOf, OutputOf, Schema } from "./schema.ts";

/** `T` and everything in it, not to be changed. */
export type DeepReadonly<T> = T extends string | number | boolean | bigint | symbol | null | undefined
  ? T
  : T extends (...parameters: never) => unknown
    ? T
    : T extends readonly unknown[]
      ? number extends T["length"]
        ? readonly DeepReadonly<T[number]>[]
        : { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T extends object
        ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
        : T;

/** What may be sent where `T` is asked for: the same, with read-only arrays allowed, so that an event can be passed on. */
export type Sendable<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly unknown[]
    ? number extends T["length"]
      ? readonly Sendable<T[number]>[]
      : { readonly [K in keyof T]: Sendable<T[K]> }
    : T extends object
      ? { [K in keyof T]: Sendable<T[K]> }
      : T;

/** The parameters after a message type: none for a message without data, else the data. */
export type DataArguments<Data> = unknown extends Data
  ? [data?: Data]
  : [Data] extends [undefined]
    ? []
    : undefined extends Data
      ? [data?: Data]
      : [data: Data];

// By key and not by `extends { data: … }`: in TypeScript 5 and 6 a contract's inferred parts are fresh object literals, and
// a fresh literal with one more key does not extend a type without it.
type Part<T, Key extends string> = Key extends keyof T ? T[Key] : undefined;

/** The schema of a message's or an event's data; `undefined` where it carries none. */
export type DataSchema<M> = M extends Schema ? M : Part<M, "data">;

/** The schema of a message's answer; `undefined` where it is only acknowledged. */
export type ReplySchema<M> = M extends Schema ? undefined : Part<M, "reply">;

type ErrorsOf<M> = M extends Schema ? undefined : Part<M, "errors">;

type Input<S> = S extends Schema ? InputOf<S> : undefined;
type Output<S> = S extends Schema ? OutputOf<S> : undefined;

/** The types of the messages a client sends. */
export type ToServerType<C extends AnyContract> = keyof C["toServer"] & string;
/** The types of the messages a consumer sends. */
export type ToClientType<C extends AnyContract> = keyof C["toClient"] & string;
/** The types of the events of a contract's groups. */
export type EventType<C extends AnyContract> = keyof C["events"] & string;

// Params and presence

/** The parameters of the path as the contract's schema gives them; text by name where there is no schema. */
export type Params<C extends AnyContract> = C["params"] extends Schema
  ? Readonly<OutputOf<C["params"]>>
  : Readonly<Record<string, string>>;

/** What a member tells about itself; `undefined` where the contract has no presence. */
export type PresenceOf<C extends AnyContract> = DeepReadonly<Output<C["presence"]>>;

// Frames: what arrives in `receive`

/** A message from the client: `type` tells which, `data` is what its schema gave. */
export interface Frame<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
}

/** The answering half of a frame whose message declares `reply`. */
export interface Replying<Reply> {
  /** Answers; may be called before the handler ends, and once. */
  reply(value: Sendable<Reply>): void;
}

/** The answering half of a frame whose message declares `errors`. */
export interface Failing<Errors> {
  /** Answers with one of the declared errors, once. */
  fail<Code extends keyof Errors & string>(
    code: Code,
    ...data: DataArguments<Sendable<Input<DataSchema<Errors[Code]>>>>
  ): void;
}

type Answering<M> = (ReplySchema<M> extends infer R extends Schema ? Replying<InputOf<R>> : unknown) &
  (ErrorsOf<M> extends infer E extends object ? Failing<E> : unknown);

/** Every frame that `receive` gets: a union told apart by `type`. `Received<typeof chat, "say">` is one of them. */
export type Received<C extends AnyContract, T extends ToServerType<C> = ToServerType<C>> = {
  [K in T]: Frame<K, Output<DataSchema<C["toServer"][K]>>> & Answering<C["toServer"][K]>;
}[T];

// Events

type EventSchema<C extends AnyContract, T extends EventType<C>> =
  Part<C["events"][T], "forward"> extends infer F extends keyof C["toClient"]
    ? DataSchema<C["toClient"][F]>
    : DataSchema<C["events"][T]>;

type Fields<T> = [T] extends [undefined] ? { readonly [K in never]: never } : T;

/** The fields of an event as its handler gets them: not to be changed, since every member gets the same object. */
export type EventOf<C extends AnyContract, T extends EventType<C>> = DeepReadonly<Fields<Output<EventSchema<C, T>>>>;

/** The fields of an event as its sender writes them; `undefined` for an event without data. */
export type EventInput<C extends AnyContract, T extends EventType<C>> = Sendable<Input<EventSchema<C, T>>>;

/** The types of the events that need a handler: all that are not forwarded. */
export type HandledEvent<C extends AnyContract> = {
  [K in EventType<C>]: "forward" extends keyof C["events"][K] ? never : K;
}[EventType<C>];

/** The name of the method that handles an event: `"chat_message"` for `"chat.message"`. */
export type HandlerName<T extends string> = T extends `${infer Head}.${infer Rest}`
  ? `${Head}_${HandlerName<Rest>}`
  : T;

// What each side sends and receives

/** By message type, what a consumer may send. */
export type ServerSends<C extends AnyContract> = {
  [K in ToClientType<C>]: Sendable<Input<DataSchema<C["toClient"][K]>>>;
};

/** By message type, what a client may send; `undefined` for messages without data. */
export type ClientSends<C extends AnyContract> = {
  [K in ToServerType<C>]: Sendable<Input<DataSchema<C["toServer"][K]>>>;
};

/** By message type, what a client receives; `undefined` for messages without data. */
export type ClientReceives<C extends AnyContract> = {
  [K in ToClientType<C>]: Output<DataSchema<C["toClient"][K]>>;
};

/** By message type, what a client gets in answer to its call; `void` where it is only acknowledged. */
export type ClientReplies<C extends AnyContract> = {
  [K in ToServerType<C>]: ReplySchema<C["toServer"][K]> extends infer R extends Schema ? OutputOf<R> : void;
};

/** By message type, what a client must answer; only the messages that ask. */
export type ClientAnswers<C extends AnyContract> = {
  [K in ToClientType<C> as ReplySchema<C["toClient"][K]> extends Schema ? K : never]: Sendable<
    Input<ReplySchema<C["toClient"][K]>>
  >;
};

/** By message type, what a consumer's call resolves to; only the messages that ask. */
export type ServerReplies<C extends AnyContract> = {
  [K in ToClientType<C> as ReplySchema<C["toClient"][K]> extends Schema ? K : never]: Output<
    ReplySchema<C["toClient"][K]>
  >;
};
