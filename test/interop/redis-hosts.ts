import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { hostIndex } from "../../packages/redis-layer/src/wire/channels-redis-names.ts";
import { Queue } from "../support/queue.ts";

const DEADLINE_MS = 5_000;
const LOOK_EVERY_MS = 5;

/** A payload, where it was sent to, and which of the hosts it came from. */
export interface Arrival {
  readonly host: number;
  readonly channel: string;
  readonly payload: Uint8Array;
}

/** Plain connections to the Redis servers that services of Django share: one to send and one to hear with, each. */
export class RedisHosts implements AsyncDisposable {
  /** What has arrived from any of them. */
  readonly heard: Queue<Arrival> = new Queue();
  readonly #senders: Redis[];
  readonly #hearers: Redis[];

  constructor(urls: readonly string[]) {
    this.#senders = urls.map((url) => new Redis(url));
    this.#hearers = urls.map((url) => new Redis(url));
    for (const [host, hearer] of this.#hearers.entries()) {
      const arrived = (channel: string, payload: Buffer) => this.heard.push({ host, channel, payload });
      hearer.on("messageBuffer", (channel: Buffer, payload: Buffer) => arrived(String(channel), payload));
      hearer.on("pmessageBuffer", (_pattern: string, channel: Buffer, payload: Buffer) =>
        arrived(String(channel), payload),
      );
    }
  }

  /** Subscribes to a channel on its host; resolves when the host has confirmed it. */
  async subscribe(channel: string): Promise<void> {
    await this.#of(this.#hearers, channel).subscribe(channel);
  }

  /** Subscribes to a pattern on every host. */
  async subscribePattern(pattern: string): Promise<void> {
    await Promise.all(this.#hearers.map((hearer) => hearer.psubscribe(pattern)));
  }

  /** Sends to a channel on its host; answers how many have received it. */
  publish(channel: string, payload: Uint8Array): Promise<number> {
    return this.#of(this.#senders, channel).publish(channel, Buffer.from(payload));
  }

  /** Resolves when so many subscribe to a channel on its host: the original does not wait for the answer itself. */
  async subscribed(channel: string, count = 1): Promise<void> {
    const sender = this.#of(this.#senders, channel);
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const [, subscribers] = await sender.pubsub("NUMSUB", channel);
      if (subscribers === count) return;
      if (performance.now() > deadline)
        throw new Error(`${channel} has ${String(subscribers)} subscribers, not ${count}`);
      await wait(LOOK_EVERY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connections = [...this.#senders, ...this.#hearers];
    await Promise.all(
      connections.map(async (redis) => {
        const ended = redis.status === "end" ? undefined : once(redis, "end");
        redis.disconnect();
        await ended;
      }),
    );
  }

  #of(connections: readonly Redis[], channel: string): Redis {
    return connections[hostIndex(channel, connections.length)]!;
  }
}
