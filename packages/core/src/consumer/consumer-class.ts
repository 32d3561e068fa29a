import type { ConsumerBase } from "./consumer-base.ts";
import type { ConsumerRunner } from "./consumer-runner.ts";

/** What a consumer is made with: its runner, which holds scope, connection and layer. */
export interface ConsumerContext {
  /** @internal */
  readonly runner: ConsumerRunner;
}

/** Any class that `path` and `ChannelNameRouter` take. */
export interface AnyConsumerClass {
  new (context: ConsumerContext): ConsumerBase;
  readonly name: string;
}
