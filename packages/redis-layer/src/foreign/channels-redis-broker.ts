import { SolentError } from "@solent/core/errors";
import type {
  BrokerSink,
  HistoryPage,
  LayerCapabilities,
  Position,
  PositionRelation,
  Published,
  PublishOptions,
  Subscribed,
} from "@solent/core/layer";
import { AskedGroups } from "../broker/asked-groups.ts";
import { type LayerBroker, type LayerBrokerParts, settledAt } from "../broker/layer-broker.ts";
import { ReadyWaits } from "../broker/ready-waits.ts";
import { RedisServer } from "../connection/redis-server.ts";
import { Publisher } from "../publishing/publisher.ts";
import { type Place, Subscriber } from "../subscribing/subscriber.ts";
import type { ServerAddress } from "../topology/topology.ts";
import { groupChannel, groupOfChannel, hostIndex } from "../wire/channels-redis-names.ts";
import type { ForeignNames } from "./foreign-names.ts";
import { HostTopology } from "./host-topology.ts";

/** What a broker in the format of channels_redis is made of. */
export interface ChannelsRedisBrokerParts extends LayerBrokerParts {
  readonly prefix: string;
  readonly names: ForeignNames;
  /** The servers, in the order in which all services list them. */
  readonly addresses: readonly ServerAddress[];
}

/**
 * Carries bare messages over Redis pub/sub, as `RedisPubSubChannelLayer` of channels_redis 4 does.
 *
 * A group is a Redis channel, and so is the channel of a member; nothing is read or written but messages. Which of several
 * servers has a channel is the original's choice by CRC32 of the whole name. One subscription of a pattern serves all
 * members of this node, on every server.
 */
export class ChannelsRedisBroker implements LayerBroker {
  readonly capabilities: LayerCapabilities = Object.freeze({
    offsets: false,
    history: false,
    presence: false,
    receivers: true,
    envelopes: false,
    queues: false,
  });
  readonly maxMessageBytes: number;
  readonly #parts: ChannelsRedisBrokerParts;
  readonly #topology: HostTopology;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #ready = new ReadyWaits();
  readonly #asked: AskedGroups;
  readonly #hasBeenUp = new Set<RedisServer>();
  #sink: BrokerSink | undefined;

  constructor(parts: ChannelsRedisBrokerParts) {
    const { addresses, publishing, maxMessageBytes } = parts;
    this.#parts = parts;
    this.maxMessageBytes = maxMessageBytes;
    this.#topology = new HostTopology(addresses, (address) => this.#makeServer(address));
    this.#publisher = new Publisher(this.#topology, undefined, publishing);
    this.#subscriber = new Subscriber(this.#topology, { positions: false });
    this.#asked = new AskedGroups(addresses.length);
  }

  start(node: string, sink: BrokerSink): void {
    const { names, prefix } = this.#parts;
    this.#sink = sink;
    names.onPattern = (pattern) => {
      for (const server of this.#topology.servers) server.addPattern(pattern);
    };
    this.#topology.start(() => `${prefix}__solent__${node}`);
  }

  async subscribe(groups: readonly string[]): Promise<readonly Subscribed[]> {
    const places = groups.map((group) => this.#placeOf(group));
    this.#asked.add(groups, places);
    return this.#subscriber.subscribe(places);
  }

  async unsubscribe(groups: readonly string[]): Promise<void> {
    const places = groups.map((group) => this.#placeOf(group));
    this.#asked.delete(groups, places);
    await this.#subscriber.unsubscribe(places);
  }

  async publish(group: string, bytes: Uint8Array, options: PublishOptions): Promise<Published> {
    const { receivers } = await this.#publisher.publish({ ...this.#placeOf(group), bytes, ...options });
    return { receivers };
  }

  async send(channel: string, bytes: Uint8Array, id: string): Promise<boolean> {
    const partition = hostIndex(channel, this.#parts.addresses.length);
    const { receivers } = await this.#publisher.publish({ name: channel, partition, bytes, id, volatile: false });
    return receivers !== 0;
  }

  positions(groups: readonly string[]): Promise<readonly (Position | undefined)[]> {
    return Promise.resolve(groups.map(() => undefined));
  }

  history(): Promise<HistoryPage> {
    return Promise.reject(new SolentError("LAYER_UNAVAILABLE", { cause: "this layer keeps no history" }));
  }

  compare(): PositionRelation {
    return "break";
  }

  get isReady(): boolean {
    return [...this.#topology.servers].every(({ isUp }) => isUp);
  }

  ready(signal?: AbortSignal): Promise<void> {
    return this.#ready.until(() => this.isReady, signal);
  }

  settled(): Promise<void> {
    return settledAt(this.#topology.servers);
  }

  close(): Promise<void> {
    this.#publisher.close();
    this.#topology.close();
    this.#ready.close(new SolentError("LAYER_CLOSED"));
    return Promise.resolve();
  }

  #placeOf(group: string): Place {
    const name = groupChannel(this.#parts.prefix, group);
    return { name, partition: hostIndex(name, this.#parts.addresses.length) };
  }

  #makeServer(address: ServerAddress): RedisServer {
    const { connection, onProblem, names } = this.#parts;
    return new RedisServer({
      ...address,
      ...connection,
      isSharded: false,
      scripts: [],
      patterns: () => names.patterns,
      events: {
        subscriberUp: (server) => this.#subscriberUp(server),
        subscriberDown: (server) => this.#subscriberDown(server),
        commandsUp: () => {
          this.#publisher.flushSoon();
          this.#ready.look();
        },
        commandsDown: () => undefined,
        message: (_server, channel, payload) => this.#hear(channel, payload),
        moved: () => undefined,
        problem: (server, error) => onProblem(error, server.key),
      },
    });
  }

  #subscriberUp(server: RedisServer): void {
    const isFirst = this.#hasBeenUp.size === 0;
    // Nobody can tell whether something for a member was sent meanwhile.
    if (this.#hasBeenUp.has(server)) this.#sink?.inboxLost();
    this.#hasBeenUp.add(server);
    this.#sink?.restored(isFirst || this.#topology.isOneServer ? "all" : this.#groupsOf(server));
    this.#ready.look();
  }

  #subscriberDown(server: RedisServer): void {
    if (!this.#hasBeenUp.has(server)) return;
    this.#sink?.lost(this.#topology.isOneServer ? "all" : this.#groupsOf(server), "reconnect");
  }

  #groupsOf(server: RedisServer): readonly string[] {
    return this.#asked.where((host) => this.#topology.serverOf(host) === server);
  }

  #hear(channel: string, bytes: Buffer): void {
    const { names, prefix } = this.#parts;
    if (names.nodeOf(channel) === names.node) {
      this.#sink?.inbox(undefined, bytes, channel);
      return;
    }
    const group = groupOfChannel(prefix, channel);
    if (group !== undefined) this.#sink?.message({ group, id: undefined, position: undefined, bytes });
  }
}
