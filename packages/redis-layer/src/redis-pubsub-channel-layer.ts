import { HubChannelLayer, layerDefaults } from "@solent/core/layer";
import type { LayerBroker } from "./broker/layer-broker.ts";
import { type RedisPubSubChannelLayerOptions, splitOptions } from "./redis-layer-options.ts";
import { redisLayerParts } from "./redis-layer-parts.ts";

/**
 * The channel layer over Redis pub/sub, for many nodes.
 *
 * It has every guarantee of `ChannelLayer`. Every event of a group gets a position from Redis, so a node knows what it missed,
 * and tells its members (`group_gap`). While Redis is away, members keep their connections; sends wait for
 * `publishTimeoutMs`, joins for `joinTimeoutMs`, and reject then.
 *
 * With `wire: "channels_redis"` it shares groups and channels with services of Django Channels, and can no more than their
 * format has a place for: see the option, and `capabilities`.
 *
 * Needs Redis 6 or newer, or Valkey.
 */
export class RedisPubSubChannelLayer extends HubChannelLayer {
  readonly #broker: LayerBroker;

  /** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
  constructor(options: RedisPubSubChannelLayerOptions = {}) {
    const { layer, cluster, redis } = splitOptions(options);
    const { maxMessageBytes = layerDefaults.maxMessageBytes } = layer;
    const parts = redisLayerParts(redis, { maxMessageBytes, isSender: false });
    super(layer, { ...cluster, ...parts });
    this.#broker = parts.broker;
  }

  /** Whether this node is connected to all Redis servers that it publishes on now: for health checks. */
  get isConnected(): boolean {
    return this.#broker.isReady;
  }

  /**
   * Resolves when this node is connected to all of its Redis servers; at once when it is now.
   *
   * Wait for it before you listen. What goes wrong meanwhile is told to `onProblem`.
   *
   * @throws {SolentError} LAYER_CLOSED when the layer is closed before. The signal's reason when it aborts.
   */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#broker.ready(options.signal);
    // What was joined before is live then.
    await this.#broker.settled();
  }

  /**
   * Resolves when what this node sent before is with Redis, and what was with Redis before has arrived at this node.
   *
   * For tests, and before the end of a script. It waits for nothing at a server that is away.
   */
  settled(): Promise<void> {
    return this.#broker.settled();
  }
}
