import { readFileSync } from "node:fs";
import type { ChannelLayer, ChannelLayerOptions, ClusterOptions } from "@solent/core/layer";
import type { ConformanceFaults, ConformanceHarness } from "@solent/core/testing";
import { type RedisLocation, RedisPubSubChannelLayer, type RedisPubSubChannelLayerOptions } from "@solent/redis-layer";
import type { Redis } from "ioredis";
import { eventually } from "../support/redis/eventually.ts";
import { type RedisProxies, redisProxies } from "../support/redis/redis-proxies.ts";

/** Redis servers on which layers are tried, whatever they are to each other. */
export interface RedisWorld extends AsyncDisposable {
  /** The servers that layers connect to, so that proxies can stand before them. */
  readonly addresses: readonly string[];
  /** A connection to every server that takes writes. */
  readonly primaries: readonly Redis[];
  /** A connection to every server that knows users. */
  readonly all: readonly Redis[];
  /** Whether channels are sharded. */
  readonly isCluster?: boolean;
  /** Where a layer finds them, through its proxies, as a user of Redis. */
  location(proxies: RedisProxies, user: User): RedisLocation;
}

interface User {
  readonly username: string;
  readonly password: string;
}

interface Node {
  readonly layer: RedisPubSubChannelLayer;
  readonly proxies: RedisProxies;
  /** Whom the layer connects as. */
  readonly user: User;
}

// What a client sends that is not sure whether its publish was executed, and repeats it.
const publishScript = readFileSync(new URL("../../packages/redis-layer/scripts/publish.lua", import.meta.url), "utf8");

/** What a layer must be allowed to do: as in the guide about scaling. */
const commands =
  "+hello +auth +ping +select +info +script|load +evalsha +get +set +mget +publish +spublish " +
  "+time +zadd +zrange +zrem +zcard +zremrangebyscore +hget +hset +hdel +rpush +ltrim +lindex +lrange +llen +del +pexpire +subscribe +unsubscribe +psubscribe +ssubscribe +sunsubscribe +cluster|slots +asking";

let harnesses = 0;

/** Layers over real Redis servers, each behind proxies of its own, and every fault for real. */
export class RedisHarness implements ConformanceHarness, AsyncDisposable {
  readonly faults: ConformanceFaults;
  readonly #world: RedisWorld;
  readonly #options: RedisPubSubChannelLayerOptions;
  readonly #prefix: string;
  readonly #isForeign: boolean;
  readonly #nodes: Node[] = [];
  #poisons = 0;
  #repeating: Promise<unknown> = Promise.resolve();

  constructor(world: RedisWorld, options: RedisPubSubChannelLayerOptions) {
    harnesses += 1;
    this.#world = world;
    this.#options = options;
    this.#prefix = `t${process.pid}.${harnesses}`;
    this.#isForeign = options.wire === "channels_redis";
    this.faults = {
      disconnect: (layer) => this.#disconnect(layer),
      reconnect: (layer) => this.#reconnect(layer),
      publishNextTwice: (group) => this.#publishNextTwice(group),
      loseNext: (layer, group) => void this.#proxies(layer).map((proxy) => proxy.dropNextMessage(`}${group}`)),
      rewind: (group, events) => this.#rewind(group, events),
      dropSubscription: (layer, group) => this.#dropSubscription(layer, group),
      poison: (layer, bytes, group) => this.#poison(layer, bytes, group),
      refuse: (layer, group) => this.#setUser(this.#node(layer).user, this.#channelsWithout(group, this.#node(layer))),
    };
  }

  async layers(count: number, options: ChannelLayerOptions & ClusterOptions = {}): Promise<readonly ChannelLayer[]> {
    const made = await Promise.all(Array.from({ length: count }, (_, i) => this.#make(i, options)));
    this.#nodes.push(...made);
    await Promise.all(made.map(({ layer }) => layer.ready()));
    return made.map(({ layer }) => layer);
  }

  async settle(): Promise<void> {
    await this.#repeating;
    // What arrives at one node may make it answer another.
    for (let round = 0; round < 3; round += 1) await Promise.all(this.#nodes.map(({ layer }) => layer.settled()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { layer, proxies, user } of this.#nodes) {
      await layer.close();
      await proxies[Symbol.asyncDispose]();
      await Promise.all(this.#world.all.map((redis) => redis.acl("DELUSER", user.username)));
    }
  }

  async #make(number: number, options: ChannelLayerOptions & ClusterOptions): Promise<Node> {
    const user = { username: `${this.#prefix}.${this.#nodes.length + number}`, password: "secret" };
    await this.#setUser(user, this.#isForeign ? ["allchannels"] : [`&${this.#prefix}{*`]);
    const proxies = await redisProxies(this.#world.addresses.map((address) => ({ address })));
    const redis = this.#world.location(proxies, user);
    const layer = new RedisPubSubChannelLayer({ ...this.#options, ...options, redis, prefix: this.#prefix });
    return { proxies, user, layer };
  }

  // All channels but those of one group. A pattern may be subscribed to that is allowed as it stands.
  #channelsWithout(group: string, { layer }: Node): readonly string[] {
    if (!this.#isForeign) return [`&${this.#prefix}{*}[^${group[0]}]*`];
    return ["specific.", "worker."]
      .map((start) => `&${this.#prefix}${start}${layer.node}*`)
      .concat(`&${this.#prefix}__group__[^${group[0]}]*`, `&${this.#prefix}__solent__*`);
  }

  async #setUser({ username, password }: User, channels: readonly string[]): Promise<void> {
    // The format of another system has no keys, and touches none.
    const keys = this.#isForeign ? [] : [`~${this.#prefix}{*`];
    const rules = [`>${password}`, "resetkeys", ...keys, "resetchannels", ...channels, "nocommands"];
    const all = [username, "on", ...rules, ...commands.split(" ")];
    await Promise.all(this.#world.all.map((redis) => redis.acl("SETUSER", ...(all as [string]))));
  }

  #node(layer: ChannelLayer): Node {
    const node = this.#nodes.find((each) => each.layer === layer);
    if (node === undefined) throw new Error("not a layer of this harness");
    return node;
  }

  #proxies(layer: ChannelLayer): RedisProxies["all"] {
    return this.#node(layer).proxies.all;
  }

  async #disconnect(layer: ChannelLayer): Promise<void> {
    for (const proxy of this.#proxies(layer)) {
      proxy.refuse();
      proxy.cut();
    }
    await eventually("the layer knows that it is cut off", async () => !this.#node(layer).layer.isConnected);
  }

  async #reconnect(layer: ChannelLayer): Promise<void> {
    await Promise.all(this.#proxies(layer).map((proxy) => proxy.accept()));
    await this.#node(layer).layer.ready();
    await this.settle();
  }

  // The server that holds a channel of this harness, and the channel's whole name.
  async #find(ending: string): Promise<{ readonly redis: Redis; readonly channel: string }> {
    const what = this.#world.isCluster === true ? "SHARDCHANNELS" : "CHANNELS";
    const name = this.#isForeign ? `${this.#prefix}__group__${ending}` : `${this.#prefix}{*}${ending}`;
    for (const redis of this.#world.primaries) {
      const [channel] = (await redis.call("PUBSUB", what, name)) as string[];
      if (channel !== undefined) return { redis, channel };
    }
    throw new Error(`nobody listens to ${ending}`);
  }

  async #publish(channel: string, redis: Redis, payload: Buffer): Promise<void> {
    await (this.#world.isCluster === true ? redis.spublish(channel, payload) : redis.publish(channel, payload));
  }

  async #publishNextTwice(group: string): Promise<void> {
    const { redis, channel } = await this.#find(group);
    const listener = redis.duplicate();
    const isCluster = this.#world.isCluster === true;
    await (isCluster ? listener.ssubscribe(channel) : listener.subscribe(channel));
    this.#repeating = new Promise((resolve, reject) => {
      listener.once(isCluster ? "smessageBuffer" : "messageBuffer", (_: Buffer, payload: Buffer) => {
        listener.disconnect();
        this.#publishAgain(redis, channel, payload).then(resolve, reject);
      });
    });
  }

  async #publishAgain(redis: Redis, channel: string, payload: Buffer): Promise<void> {
    const header = payload.toString("latin1", 0, payload.indexOf("\n"));
    const entry = payload.subarray(header.lastIndexOf(" ") + 1);
    const command = this.#world.isCluster === true ? "SPUBLISH" : "PUBLISH";
    const script = `local PUBLISH, TTL = "${command}", 60\n${publishScript}`;
    await redis.eval(script, 1, channel, entry.length, entry);
  }

  async #rewind(group: string, events: number): Promise<void> {
    const { redis, channel } = await this.#find(group);
    const [offset, epoch] = String(await redis.get(channel)).split(" ");
    const remembered = `${channel}:h`;
    await redis.ltrim(remembered, 0, -events - 1);
    const [, place] = /1:(.*)/.exec((await redis.lindex(remembered, -1)) ?? "") ?? [];
    await redis.set(channel, place ?? `${Number(offset) - events} ${epoch} an.older.one`);
  }

  async #dropSubscription(layer: ChannelLayer, group: string): Promise<void> {
    const { channel } = await this.#find(group);
    const command = this.#world.isCluster === true ? "SUNSUBSCRIBE" : "UNSUBSCRIBE";
    for (const proxy of this.#proxies(layer)) if (proxy.subscribers > 0) await proxy.inject([command, channel]);
  }

  async #poison(layer: ChannelLayer, bytes: Uint8Array, group?: string): Promise<void> {
    const { redis, channel } = await this.#find(group ?? `@${this.#node(layer).layer.node}`);
    this.#poisons += 1;
    await this.#publish(channel, redis, Buffer.concat([Buffer.from(`0:poison.${this.#poisons}\n`), bytes]));
  }
}
