import type { End } from "../connection/link.ts";
import type { AnyContract } from "../contract/contract.ts";
import { ConsumerBase } from "./consumer-base.ts";
import type { ScopedWorkerClass, TypedWorkerClass } from "./typed.ts";

/**
 * A consumer for background work, sent by channel name: `layer.send("thumbnails", { type: "image.resize", … })`.
 *
 * Extend it with a method for each event type, and run it with `runWorker`. It has no peer: there is nothing to accept,
 * and nothing to send to. `this.scope.channel` names the channel it serves.
 */
export class ChannelConsumer extends ConsumerBase {
  /** A worker class that handles the events of `contract`: `contract({ events: { "image.resize": … } })`. */
  static of<C extends AnyContract>(contract: C): TypedWorkerClass<C> {
    const handling = class extends ChannelConsumer {
      static readonly contract = contract;
    };
    // The class looks its events up at run time; the typed face says the same by type.
    return handling as unknown as TypedWorkerClass<C>;
  }

  /** The same class, for which routers demand these scope keys. */
  static needs<Needs>(): ScopedWorkerClass<Needs> {
    // Needs are types alone: routers check them, and nothing of them is left at run time.
    return this as unknown as ScopedWorkerClass<Needs>;
  }

  /** Told once, when the worker stops or a handler's failure ends this instance. */
  disconnect(_end: End): void | Promise<void> {}

  /** @internal */
  "~connect"(): void {}

  /** @internal */
  "~arrival"(): undefined {
    return undefined;
  }

  /** @internal */
  "~frame"(): void {}

  /** @internal */
  "~disconnect"(end: End): unknown {
    return this.disconnect(end);
  }
}
