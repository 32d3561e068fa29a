import { SolentError } from "@solent/core/errors";
import {
  type ChannelLayerOptions,
  type ChannelSender,
  type ClusterOptions,
  type EventContract,
  type GroupSender,
  type GroupSendOptions,
  HubChannelLayer,
  layerDefaults,
  type Message,
} from "@solent/core/layer";
import type { LayerBroker } from "./broker/layer-broker.ts";
import { type RedisPubSubChannelLayerOptions, splitOptions } from "./redis-layer-options.ts";
import { redisLayerParts } from "./redis-layer-parts.ts";

/** Options of `createSender`: those of the layer that concern sending, with the same values as on the nodes. */
export type SenderOptions = Omit<
  RedisPubSubChannelLayerOptions,
  Exclude<keyof ChannelLayerOptions, OfSending> | Exclude<keyof ClusterOptions, "callTimeoutMs">
>;

/** The last four concern plain channels only: how many messages one holds, how long they wait, how many channels are sent to. */
type OfSending = "maxMessageBytes" | "capacity" | "channelCapacity" | "expiryMs" | "maxPlainChannels";

/** Sends to groups and channels from a process that serves nothing. */
export interface Sender extends AsyncDisposable {
  /** Whether it is connected to all of its Redis servers now. */
  readonly isConnected: boolean;

  /**
   * Sends an event to every member of a group, on all nodes: as `ChannelLayer.groupSend`.
   *
   * @throws {SolentError} NAME_INVALID, EVENT_INVALID, MESSAGE_TOO_LARGE, LAYER_BUSY; LAYER_UNAVAILABLE when Redis did not come
   *   within `publishTimeoutMs`, and surely nothing was sent; LAYER_UNCERTAIN when that is not known; CONFIG_INVALID when
   *   Redis says that the nodes have other options; LAYER_CLOSED.
   */
  groupSend(group: string, message: Message, options?: GroupSendOptions): Promise<void>;

  /**
   * Sends a message to one channel, by the name that its consumer has given out, or into a plain channel, the queue of the
   * workers on all nodes: as `ChannelLayer.send`.
   *
   * With `wire: "channels_redis"` there are no queues: every reader of a plain channel gets the message, if there is one.
   *
   * @throws {SolentError} what `groupSend` throws; CHANNEL_FULL, CHANNEL_UNREACHABLE.
   */
  send(channel: string, message: Message): Promise<void>;

  /**
   * A group, typed and checked by a contract.
   *
   * @throws {SolentError} NAME_INVALID
   */
  group<Contract extends EventContract>(contract: Contract, name: string): GroupSender<Contract>;

  /**
   * A channel, typed and checked by a contract.
   *
   * @throws {SolentError} NAME_INVALID
   */
  channel<Contract extends EventContract>(contract: Contract, name: string): ChannelSender<Contract>;

  /** Resolves when everything sent before is with Redis, or has failed and said so. */
  settled(): Promise<void>;

  /** Ends the connections, once everything that was sent before is settled. What is sent afterwards rejects. */
  close(): Promise<void>;
}

/**
 * Connects to Redis for sending alone: for scripts, jobs and workers that serve no connections.
 *
 * It subscribes to nothing. Only a direct `send`, which is answered by the node of the channel, opens an inbox, once. It
 * connects by itself; sends wait for that. Close it, or use `await using`: it keeps the process alive until then.
 *
 * @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule.
 */
export function createSender(options: SenderOptions = {}): Sender {
  const { layer, cluster, redis } = splitOptions(options);
  const { maxMessageBytes = layerDefaults.maxMessageBytes } = layer;
  const parts = redisLayerParts(redis, { maxMessageBytes, isSender: true });
  return new RedisSender(new HubChannelLayer(layer, { ...cluster, ...parts }), parts.broker);
}

class RedisSender implements Sender {
  readonly #layer: HubChannelLayer;
  readonly #broker: LayerBroker;
  /** What is not settled yet; as many as the publisher takes, and calls that wait for answers. */
  readonly #pending = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  constructor(layer: HubChannelLayer, broker: LayerBroker) {
    this.#layer = layer;
    this.#broker = broker;
  }

  get isConnected(): boolean {
    return this.#broker.isReady;
  }

  groupSend(group: string, message: Message, options?: GroupSendOptions): Promise<void> {
    return this.#settle(() => this.#layer.groupSend(group, message, options));
  }

  send(channel: string, message: Message): Promise<void> {
    return this.#settle(() => this.#layer.send(channel, message));
  }

  group<Contract extends EventContract>(contract: Contract, name: string): GroupSender<Contract> {
    const group = this.#layer.group(contract, name);
    const send: typeof group.send = (...about) => this.#settle(() => group.send(...about));
    return Object.freeze({ name, send });
  }

  channel<Contract extends EventContract>(contract: Contract, name: string): ChannelSender<Contract> {
    const channel = this.#layer.channel(contract, name);
    const send: typeof channel.send = (...about) => this.#settle(() => channel.send(...about));
    return Object.freeze({ name, send });
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.settled().then(() => this.#layer.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #settle(send: () => Promise<void>): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new SolentError("LAYER_CLOSED"));
    const sending = send();
    this.#pending.add(sending);
    const forget = (): void => void this.#pending.delete(sending);
    sending.then(forget, forget);
    return sending;
  }
}
