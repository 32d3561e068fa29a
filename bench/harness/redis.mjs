// The Redis that joins the servers of a round, and what it counts.
import { Redis } from "ioredis";
import { startRedisServer } from "../../scripts/redis-server.mjs";
import { cpuUs } from "./machine.mjs";

// Of what a message may become; what the servers' own housekeeping sends is none of these, or lost among thousands.
const messageCommands = ["publish", "spublish", "evalsha", "xadd"];

/** A private Redis server: fresh for each round, without persistence. */
export class MeasuredRedis {
  #server;
  #client;

  static async start() {
    const redis = new MeasuredRedis();
    redis.#server = await startRedisServer();
    redis.#client = new Redis(redis.url);
    return redis;
  }

  get url() {
    return this.#server.url;
  }

  /** Its counters at one moment. */
  async sample() {
    const before = await this.#bytes();
    const commands = fieldsOf(await this.#client.info("commandstats"));
    const calls = messageCommands.map((name) =>
      Number(/calls=(\d+)/.exec(commands.get(`cmdstat_${name}`) ?? "")?.[1] ?? 0),
    );
    const channelBytes = await this.#channelBytes();
    return {
      ...cpuUs(this.#server.pid),
      before,
      // A script's own commands are counted too: what it calls is not what was sent.
      commands: calls[2] > 0 ? calls[2] : Math.max(...calls),
      channelBytes,
      after: await this.#bytes(),
    };
  }

  async stop() {
    this.#client.disconnect();
    await this.#server.stop();
  }

  async #bytes() {
    const stats = fieldsOf(await this.#client.info("stats"));
    return { in: Number(stats.get("total_net_input_bytes")), out: Number(stats.get("total_net_output_bytes")) };
  }

  // How long the names are that messages go to: those of most of the channels.
  async #channelBytes() {
    const names = [
      ...(await this.#client.call("PUBSUB", "CHANNELS")),
      ...(await this.#client.call("PUBSUB", "SHARDCHANNELS")),
    ].filter((name) => /room|chat/.test(name));
    return names.reduce((sum, name) => sum + name.length, 0) / names.length;
  }
}

function fieldsOf(info) {
  return new Map(info.split("\r\n").map((line) => line.split(/:(.*)/, 2)));
}
