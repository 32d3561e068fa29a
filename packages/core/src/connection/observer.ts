/** One stream of facts for the outside; Node's `diagnostics_channel` channels fit as they are. */
export interface Signal {
  /** Whether anybody listens; nothing is built for nobody. */
  readonly hasSubscribers: boolean;
  publish(fact: unknown): void;
}

/** What the outside may watch. `@solent/core/node` binds each to the diagnostics channel `solent:<name>`. */
export interface Observer {
  /** A connection was accepted: `{ id, path, consumer }`. */
  readonly connect: Signal;
  /** A consumer ended: `{ id, path, consumer, end }`. */
  readonly close: Signal;
  /** A consumer was given an event: `{ id, consumer, type, group }`. */
  readonly event: Signal;
  /** Something was dropped or a peer cut off because a bound was reached: `{ id, what, type?, action }`. */
  readonly overflow: Signal;
  /** A handler failed: `{ id, consumer, handler, error }`. */
  readonly error: Signal;
}

const deaf: Signal = { hasSubscribers: false, publish: () => {} };

/** Nobody watches. */
export const silentObserver: Observer = { connect: deaf, close: deaf, event: deaf, overflow: deaf, error: deaf };
