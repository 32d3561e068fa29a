import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { ClassProblem, NeedsOf, RouteTarget } from "./check-route.ts";
import { notFound } from "./not-found.ts";
import { applicationFor } from "./route.ts";

type CheckWorker<T> = [ClassProblem<T>] extends [never] ? T : ClassProblem<T>;

type WorkerNeeds<T> = (T extends unknown ? (needs: NeedsOf<T>) => void : never) extends (needs: infer N) => void
  ? { [K in keyof N]: N[K] }
  : never;

/** Routes a worker by the name of the channel it serves. */
export interface ChannelNameRouter<in Needs = {}> extends Application<Needs> {
  /** What serves each channel. */
  readonly channels: ReadonlyMap<string, RouteTarget>;
}

class Router implements ChannelNameRouter {
  readonly channels: ReadonlyMap<string, RouteTarget>;
  readonly #applications: ReadonlyMap<string, Application<never>>;

  constructor(channels: object) {
    if (typeof channels !== "object" || channels === null) {
      throw new SolentError("ROUTE_INVALID", {
        pattern: "",
        rule: "a ChannelNameRouter takes an object of channel names",
      });
    }
    this.channels = new Map(Object.entries(channels));
    this.#applications = new Map([...this.channels].map(([name, target]) => [name, applicationFor(target, name)]));
  }

  handle(scope: Scope, link: Link): void | Promise<void> {
    const application = scope.channel === undefined ? undefined : this.#applications.get(scope.channel);
    if (application === undefined) throw notFound(scope.channel ?? "(no channel)", [...this.channels.keys()]);
    return application.handle(scope, link);
  }
}

/**
 * Makes a router of channel names, for workers: `new ChannelNameRouter({ thumbnails: ThumbnailWorker })`.
 *
 * @throws {SolentError} ROUTE_INVALID when a value is neither a consumer class nor an application, CONSUMER_INVALID when a
 *   class is not usable.
 */
export const ChannelNameRouter: {
  new <const T extends Readonly<Record<string, RouteTarget>>>(channels: {
    readonly [K in keyof T]: CheckWorker<T[K]>;
  }): ChannelNameRouter<WorkerNeeds<T[keyof T]>>;
} = Router;
