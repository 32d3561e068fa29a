import type { Application } from "../connection/application.ts";
import type { Scope } from "../connection/scope.ts";
import type { ConsumerBase } from "../consumer/consumer-base.ts";
import type { ConsumerContext } from "../consumer/consumer-class.ts";
import type { AnyContract } from "../contract/contract.ts";
import type { EventOf, EventType, HandledEvent, HandlerName, Received } from "../contract/infer.ts";
import type { InputOf, Schema } from "../contract/schema.ts";

// What `path` and the routers check at compile time. A wrong target's type becomes a string literal that is the sentence to
// read: the compiler then prints it in the first line of its message. There are no overloads: they would hide it.

/** Any consumer class, whatever the types of its scope, params and groups. */
export interface RoutedClass {
  new (context: ConsumerContext): Pick<ConsumerBase, "~runner" | "~connect" | "~arrival" | "~frame" | "~disconnect">;
  readonly name: string;
}

/** What a route leads to: a consumer class, or an application such as a router. */
export type RouteTarget = RoutedClass | Application<never>;

// Patterns

/** The names of the parameters in a pattern. */
export type ParamsIn<Pattern extends string> = Pattern extends `${infer Segment}/${infer Rest}`
  ? ParamName<Segment> | ParamsIn<Rest>
  : ParamName<Pattern>;

type ParamName<Segment extends string> = Segment extends `:${infer Name}*`
  ? Name
  : Segment extends `:${infer Name}`
    ? Name
    : never;

// Needs

/** The scope keys that a consumer class, route or application needs, its path parameters under `params`. */
export type NeedsOf<T> = T extends { readonly "~needs"?: (needs: infer N) => void } ? N : unknown;

type ParamsNeeded<T> = T extends { readonly contract: infer C extends AnyContract }
  ? C["params"] extends Schema
    ? RequiredKeys<InputOf<C["params"]>>
    : never
  : NeedsOf<T> extends { readonly params: infer P }
    ? keyof P & string
    : never;

type RequiredKeys<T> = unknown extends T
  ? never
  : { [K in keyof T & string]-?: Record<never, never> extends Pick<T, K> ? never : K }[keyof T & string];

type Missing<Pattern extends string, T> = Exclude<ParamsNeeded<T>, ParamsIn<Pattern>>;

/** What a route needs of what is around it; written out, so that declarations name no type of this file. */
export type RouteNeeds<Pattern extends string, T> = WithoutParams<NeedsOf<T>> &
  MissingParams<Missing<Pattern, T>> extends infer N
  ? { [K in keyof N]: N[K] }
  : never;

type WithoutParams<N> = { [K in keyof N as K extends "params" ? never : K]: N[K] };

type MissingParams<Name extends string> = [Name] extends [never] ? unknown : { params: Record<Name, string> };

// Handlers

type HandlerProblem<T> = T extends { readonly contract: infer C extends AnyContract }
  ? T extends abstract new (...parameters: never) => infer Instance
    ? MissingHandler<Instance, C> | TwoAnswers<Instance, C>
    : never
  : never;

// The targets of these comparisons are function types and not methods: only then are parameters compared strictly.
type MissingHandler<Instance, C extends AnyContract> = {
  [T in HandledEvent<C>]: HandlerName<T> extends keyof Instance
    ? Instance[HandlerName<T>] extends (event: EventOf<C, T>, meta: never) => unknown
      ? never
      : `the parameter of ${HandlerName<T>}() is not the event's type`
    : `add the method ${HandlerName<T>}(event) to the consumer`;
}[HandledEvent<C>];

type TwoAnswers<Instance, C extends AnyContract> = {
  [T in Exclude<EventType<C>, HandledEvent<C>>]: HandlerName<T> extends keyof Instance
    ? `the contract forwards "${T}": remove the method ${HandlerName<T>}()`
    : never;
}[Exclude<EventType<C>, HandledEvent<C>>];

type ReceiveProblem<T> = T extends abstract new (...parameters: never) => { readonly receive: infer Receive }
  ? T extends { readonly contract: infer C extends AnyContract }
    ? Receive extends (frame: Received<C>) => unknown
      ? never
      : "the parameter of receive() is not Received<typeof contract>"
    : Receive extends (text: string) => unknown
      ? never
      : "the parameter of receive() is not a string: bytes come to receiveBinary()"
  : never;

/** The sentences that speak against a class, whatever its route. */
export type ClassProblem<T> = [HandlerProblem<T>] extends [never] ? ReceiveProblem<T> : HandlerProblem<T>;

// Parameters

type PathProblem<Pattern extends string, T> = Pattern extends `/${string}`
  ? [Missing<Pattern, T>] extends [never]
    ? TextProblem<Pattern, T>
    : `the path "${Pattern}" lacks :${Missing<Pattern, T>}`
  : TextProblem<Pattern, T>;

type TextProblem<Pattern extends string, T> = T extends { readonly contract: infer C extends AnyContract }
  ? C["params"] extends Schema
    ? NotText<InputOf<C["params"]>, ParamsIn<Pattern>>
    : never
  : never;

type NotText<Params, Names extends string> = {
  [K in keyof Params & Names]: unknown extends Params[K]
    ? never
    : [Extract<Params[K], string>] extends [never]
      ? `the path gives :${K & string} as text, and its schema takes no string`
      : never;
}[keyof Params & Names];

type Target<T, Problem> = [Problem] extends [never] ? T : Problem;

/** What `path` takes: the target, or the sentence that says why not. */
export type CheckRoute<Pattern extends string, T> = [ClassProblem<T>] extends [never]
  ? Target<T, PathProblem<Pattern, T>>
  : ClassProblem<T>;

// Routers

/** A scope key nobody around an application supplies. */
type Lacking<T> = keyof { [K in keyof NeedsOf<T> as K extends keyof Scope ? never : K]: never } & string;

/** What a `ProtocolTypeRouter` takes: an application whose needs are met, or the sentence that says what is missing. */
export type Closed<T> =
  T extends Application<never>
    ? [ParamsNeeded<T>] extends [never]
      ? [Lacking<T>] extends [never]
        ? T
        : `the scope lacks "${Lacking<T>}": wrap the router in the middleware that adds it`
      : `no route gives :${ParamsNeeded<T>}: a pattern around it must capture it`
    : Application;
