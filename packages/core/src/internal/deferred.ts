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
