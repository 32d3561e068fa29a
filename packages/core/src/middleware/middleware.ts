import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";

/** The scope keys of `N` that are not in `Added`, and the keys a middleware needs itself. */
type Left<N, Added, Own> = Exclude<keyof N, keyof Added> | Exclude<keyof Own, keyof Scope>;

/** The application, or the sentence for one that takes a key under another type than the middleware adds it. */
type Taking<N, Added> = [ClashingKey<N, Added>] extends [never]
  ? Application<N>
  : `the middleware adds another type for scope.${ClashingKey<N, Added>}`;

type ClashingKey<N, Added> = {
  [K in keyof N & keyof Added]: Added[K] extends N[K] ? never : K;
}[keyof N & keyof Added] &
  string;

/**
 * A function from an application to an application that asks less of what is around it.
 *
 * `Added` is what it puts into the scope, `Needs` the scope it reads. Several compose by nesting: `origins(session(router))`.
 */
export interface Middleware<Added = unknown, Needs = unknown> {
  <N>(application: Taking<N, Added>): Application<{
    [K in Left<N, Added, Needs>]: K extends keyof N ? N[K] : K extends keyof Needs ? Needs[K] : never;
  }>;
  /** Never present: carries the type of what is added. */
  readonly "~adds"?: Added;
}

/** What a middleware adds to the scope: `type Authenticated = Added<typeof session>`. */
export type Added<M> = M extends { readonly "~adds"?: infer A } ? NonNullable<A> : never;

/** Hands the connection on to the application inside, with these keys added to its scope. */
export type Next<More> = (added: More) => void | Promise<void>;

/** What a middleware does with a connection: hands it on, or denies it. */
export type MiddlewareBody<More, Around extends Scope> = (
  scope: Around,
  link: Link,
  next: Next<More>,
) => void | Promise<void>;

/**
 * Makes middleware in its general form: `body` calls `next(added)` to go on, or `link.deny(status)`.
 *
 * It runs once for each connection that comes by, before the consumer exists. The scope is copied, never changed, and
 * `next` does nothing when the peer has gone meanwhile. A throw refuses the connection with 500.
 */
export function middleware<More extends object = Record<never, never>, Around extends Scope = Scope>(
  body: MiddlewareBody<More, Around>,
): Middleware<More, Around> {
  const wrap = (inner: Application<never>): Application<never> & { readonly "~inner": Application<never> } => ({
    handle: (scope, link) =>
      // That `scope` has the keys `body` reads is what the types of the applications around have proved.
      body(scope as Around, link, (added) =>
        link.state === "closed" ? undefined : inner.handle({ ...scope, ...added }, link),
      ),
    "~inner": inner,
  });
  // The wrapper is the same for all types: what is needed and added is known to the compiler alone.
  return wrap as unknown as Middleware<More, Around>;
}

/**
 * Makes middleware that adds to the scope: what `load` returns, or resolves to, is added.
 *
 * To refuse the connection, `load` calls `link.deny(status)` and returns nothing. One that returns nothing and has not
 * denied is denied with 403 and a line in the log; a throw refuses with 500.
 */
export function addToScope<More extends object, Around extends Scope = Scope>(
  load: (scope: Around, link: Link) => More | undefined | void | Promise<More | undefined | void>,
): Middleware<More, Around> {
  return middleware<More, Around>((scope, link, next) => {
    const visit = { scope, link, next };
    const loaded = load(scope, link);
    return loaded instanceof Promise ? loaded.then((added) => goOn(visit, added)) : goOn(visit, loaded);
  });
}

interface Visit<More> {
  readonly scope: Scope;
  readonly link: Link;
  readonly next: Next<More>;
}

function goOn<More>({ scope, link, next }: Visit<More>, added: More | undefined | void): void | Promise<void> {
  if (added !== undefined) return next(added);
  if (link.state !== "connecting") return;
  const { logger } = link.environment;
  // Never let in by omission: `if (!user) return;` must not open a door.
  logger.error(
    { path: scope.path },
    "a middleware neither added to the scope nor denied the connection, which was denied",
  );
  link.deny(403);
}
