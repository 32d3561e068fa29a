/** A promise together with the two functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a promise that somebody else settles. `Promise.withResolvers` is newer than the oldest Node we run on. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = ignore;
  let reject: (error: unknown) => void = ignore;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function ignore(): void {
  // Replaced before anybody can call it: a promise's executor runs at once.
}

/** The one promise for "there was nothing to wait for", shared so that the fast path allocates none. */
export const done: Promise<void> = Promise.resolve();

/** A promise that is rejected already, for functions that promise without being `async`. */
export function rejected(reason: Error): Promise<never> {
  return Promise.reject(reason);
}

/**
 * What a user's function works on still: its promise, or one made of whatever else has a `then`, such as a query that runs
 * when it is awaited. `undefined` when there is nothing to wait for.
 */
export function pending(result: unknown): Promise<unknown> | undefined {
  if (result instanceof Promise) return result;
  if (typeof result !== "object" || result === null || !("then" in result) || typeof result.then !== "function") {
    return undefined;
  }
  return Promise.resolve(result);
}
