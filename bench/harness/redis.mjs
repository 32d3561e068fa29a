// The Redis that joins the servers of a round, and what it counts.
import { Redis } from "ioredis";
import { startRedisServer } from "../../scripts/redis-server.mjs";
import { sampleAll } from "./machine.mjs";
import { startRedisCluster } from "./redis-cluster.mjs";

// Of what a message may become; what the servers' own housekeeping sends is none of these, or lost among thousands.
const messageCommands = ["publish", "spublish", "evalsha", "xadd"];

/** Private Redis servers, fresh for each round, without persistence: one, or the primaries of a Cluster. */
export class MeasuredRedis {
  #servers;
  #clients;
  #isCluster;

  /** @param {number} [primaries] of a Cluster; without it, one server that belongs to none. */
  static async start(primaries) {
    const redis = new MeasuredRedis();
    redis.#isCluster = primaries !== undefined;
    redis.#servers = redis.#isCluster ? await startRedisCluster(primaries) : [await startRedisServer()];
    redis.#clients = redis.#servers.map(({ url }) => new Redis(url));
    return redis;
  }

  /** What a peer has to know. Whoever knows no Cluster talks to one of its servers: a plain PUBLISH reaches all of them. */
  environmentOf(node) {
    const urls = this.#servers.map(({ url }) => url);
    return {
      REDIS_URL: urls[node % urls.length],
      ...(this.#isCluster && { REDIS_CLUSTER: urls.join(" ") }),
    };
  }

  /** The counters of all of them at one moment. */
  async sample() {
    const before = await this.#spent();
    const commands = await this.#fields("info", "commandstats");
    const calls = messageCommands.map((name) =>
      sumOf(commands, (stats) => /calls=(\d+)/.exec(stats.get(`cmdstat_${name}`) ?? "")?.[1]),
    );
    return {
      before,
      // A script's own commands are counted too: what it calls is not what was sent.
      commands: calls[2] > 0 ? calls[2] : Math.max(...calls),
      channelBytes: await this.#channelBytes(),
      busMessages: this.#isCluster ? await this.#busMessages() : 0,
      after: await this.#spent(),
    };
  }

  async stop() {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  // The bytes of clients only; the bus of a Cluster is not in them.
  async #spent() {
    const stats = await this.#fields("info", "stats");
    return {
      ...sampleAll(this.#servers),
      in: sumOf(stats, (fields) => fields.get("total_net_input_bytes")),
      out: sumOf(stats, (fields) => fields.get("total_net_output_bytes")),
    };
  }

  // What the servers have told each other of messages: copies for those that have no slot of it, and for replicas.
  async #busMessages() {
    const infos = await this.#fields("call", "CLUSTER", "INFO");
    const sent = (name) => sumOf(infos, (info) => info.get(`cluster_stats_messages_${name}_sent`));
    return sent("publish") + sent("publishshard");
  }

  // How long the names are that messages go to: those of most of the channels.
  async #channelBytes() {
    const names = await Promise.all(
      this.#clients.flatMap((client) => [client.call("PUBSUB", "CHANNELS"), client.call("PUBSUB", "SHARDCHANNELS")]),
    );
    const lengths = names.flat().flatMap((name) => (/room|chat/.test(name) ? name.length : []));
    return lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  }

  async #fields(method, ...args) {
    const infos = await Promise.all(this.#clients.map((client) => client[method](...args)));
    return infos.map((info) => new Map(info.split("\r\n").map((line) => line.split(/:(.*)/, 2))));
  }
}

function sumOf(infos, field) {
  return infos.reduce((sum, info) => sum + Number(field(info) ?? 0), 0);
}
