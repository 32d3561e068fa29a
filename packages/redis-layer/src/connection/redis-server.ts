import type { Redis } from "ioredis";
import type { RedisConnectOptions } from "./connect-options.ts";
import { markOfLife } from "../layout/position.ts";
import { greet, lifeOf, openRedis } from "./connect-options.ts";
import { type Asked, PathProof } from "./path-proof.ts";
import { RedisLink } from "./redis-link.ts";
import type { Script } from "./script.ts";

/** What a server tells the broker. */
export interface ServerEvents {
  /** Its subscriber connection works, with nothing subscribed but its home channel. */
  subscriberUp(server: RedisServer): void;
  /** Its subscriber connection is gone, and every subscription with it. */
  subscriberDown(server: RedisServer): void;
  /** Commands can be sent. */
  commandsUp(server: RedisServer): void;
  commandsDown(server: RedisServer): void;
  message(server: RedisServer, channel: string, payload: Buffer): void;
  /** A slot has moved away from this server, or its subscriptions have. */
  moved(): void;
  problem(server: RedisServer, error: Error): void;
}

/** Where a server is, and what is the same for all of them. */
export interface ServerParts {
  /** What tells it from the others: its address. */
  readonly key: string;
  readonly url?: string;
  readonly options: RedisConnectOptions;
  /** Whether it belongs to a Redis Cluster: channels are sharded then. */
  readonly isSharded: boolean;
  readonly scripts: readonly Script[];
  /** Patterns that are subscribed to together with the home channel; what matches them is a message like any other. */
  readonly patterns?: () => readonly string[];
  /** Whether it only sends: it subscribes to nothing until `listen`. */
  readonly isSender?: boolean | undefined;
  readonly events: ServerEvents;
  readonly connectTimeoutMs: number;
  readonly proofIntervalMs: number;
  readonly proofTimeoutMs: number;
}

const retireMs = 2000;

/** One Redis server: a connection for commands, one for subscriptions, and the proof that both lead to the same place. */
export class RedisServer {
  readonly key: string;
  readonly isSharded: boolean;
  readonly #parts: ServerParts;
  readonly #commands: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #proof: PathProof;
  #home = "";
  #life = "";
  #lifeMark = "";
  #isListening = false;

  constructor(parts: ServerParts) {
    this.key = parts.key;
    this.isSharded = parts.isSharded;
    this.#parts = parts;
    const { events, connectTimeoutMs } = parts;
    const common = {
      open: () => openRedis(parts),
      onProblem: (error: Error) => events.problem(this, error),
      connectTimeoutMs,
    };
    this.#commands = new RedisLink({
      ...common,
      prepare: (redis) => this.#prepareCommands(redis),
      onUp: () => {
        events.commandsUp(this);
        this.#proof.start();
      },
      onDown: () => {
        this.#proof.stop();
        events.commandsDown(this);
      },
    });
    this.#subscriber = new RedisLink({
      ...common,
      prepare: (redis) => this.#prepareSubscriber(redis),
      onUp: () => {
        events.subscriberUp(this);
        this.#proveAgain();
      },
      onDown: () => {
        this.#proveAgain();
        events.subscriberDown(this);
      },
    });
    this.#proof = new PathProof({
      intervalMs: parts.proofIntervalMs,
      timeoutMs: parts.proofTimeoutMs,
      ask: (text) => this.#ask(text),
      fail: (why) => this.drop(why),
    });
  }

  /** The connection for commands, while it works. */
  get commands(): Redis | undefined {
    return this.#commands.redis;
  }

  /** The connection for subscriptions, while it works. */
  get subscriber(): Redis | undefined {
    return this.#subscriber.redis;
  }

  /** What stands behind a position that was found in this life. */
  get lifeMark(): string {
    return this.#lifeMark;
  }

  /** Which life of the server the subscriber connection leads to: see `lifeOf`. */
  get life(): string {
    return this.#life;
  }

  /** Whether the connections work: both, or that for commands alone where it only sends. */
  get isUp(): boolean {
    return this.commands !== undefined && (!this.#isListening || this.subscriber !== undefined);
  }

  /** Resolves when all commands before are executed, and all messages before have arrived; at once while it is away. */
  async settled(): Promise<void> {
    await this.commands?.ping().catch(ignore);
    await this.subscriber?.ping().catch(ignore);
  }

  /** Connects for commands; `settle` connects for subscriptions. */
  start(): void {
    this.#commands.start();
  }

  /** Takes a channel that stays subscribed here, and over which the path is proved; another one when its slot has moved. */
  async settle(home: string): Promise<void> {
    this.#home = home;
    if (this.#parts.isSender !== true) this.listen();
    const redis = this.subscriber;
    if (redis === undefined) return;
    await this.subscribeOn(redis, [home]);
    // What was asked over the old one is never answered.
    if (this.subscriber === redis) this.#proveAgain();
  }

  /** Connects for subscriptions. Harmless when done before. */
  listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#subscriber.start();
  }

  /** Subscribes to one more of `patterns`; when it is away, the next connection does. */
  addPattern(pattern: string): void {
    this.subscriber?.psubscribe(pattern).catch(ignore);
  }

  /** Makes both connections anew: they cannot be trusted, or lead to the wrong server. */
  drop(cause: string): void {
    this.#commands.drop(cause);
    this.#subscriber.drop(cause);
  }

  /** Ends the subscriptions now, and commands when those in flight have had time for their answers. */
  retire(): void {
    this.#proof.stop();
    this.#subscriber.close();
    setTimeout(() => this.#commands.close(), retireMs).unref();
  }

  close(): void {
    this.#proof.stop();
    this.#commands.close();
    this.#subscriber.close();
  }

  /** Publishes without a position. Resolves with the number of receivers. */
  async publishPlain(channel: string, payload: string | Buffer): Promise<number> {
    const redis = this.commands;
    if (redis === undefined) throw new Error("not connected");
    return Number(await (this.isSharded ? redis.spublish(channel, payload) : redis.publish(channel, payload)));
  }

  /** Subscribes to channels, which on a Cluster are of one slot, on this connection of the server. */
  async subscribeOn(redis: Redis, channels: readonly string[]): Promise<void> {
    await (this.isSharded ? redis.ssubscribe(...channels) : redis.subscribe(...channels));
  }

  /** Puts the scripts into the server again, before anything that is sent after this. */
  async loadScripts(redis: Redis): Promise<void> {
    await Promise.all(this.#parts.scripts.map(({ text }) => redis.script("LOAD", text)));
  }

  // Scripts come first: one that has to be loaded on demand lets later commands overtake the one that needed it.
  async #prepareCommands(redis: Redis): Promise<void> {
    await greet(redis, this.isSharded);
    // One that may not be pinged could not be proved later.
    await Promise.all([redis.ping(), this.loadScripts(redis)]);
  }

  async #prepareSubscriber(redis: Redis): Promise<void> {
    await greet(redis, this.isSharded);
    const hear = (channel: Buffer, payload: Buffer): void => this.#hear(channel.toString("latin1"), payload);
    redis.on(this.isSharded ? "smessageBuffer" : "messageBuffer", hear);
    redis.on("pmessageBuffer", (_pattern: string, channel: Buffer, payload: Buffer) => hear(channel, payload));
    redis.on("moved", () => this.#parts.events.moved());
    // Positions are compared within one life; where there are none, nobody asks.
    if (this.#parts.scripts.length > 0) this.#life = await lifeOf(redis);
    this.#lifeMark = markOfLife(this.#life);
    const patterns = this.#parts.patterns?.() ?? [];
    if (patterns.length > 0) await redis.psubscribe(...patterns);
    await this.subscribeOn(redis, [this.#home]);
  }

  #hear(channel: string, payload: Buffer): void {
    if (channel === this.#home && this.#proof.answer(payload)) return;
    this.#parts.events.message(this, channel, payload);
  }

  // What was asked of the connections that were there before cannot be answered by those there are now.
  #proveAgain(): void {
    if (this.commands !== undefined) this.#proof.start();
  }

  async #ask(text: string): Promise<Asked> {
    if (this.subscriber !== undefined) return (await this.publishPlain(this.#home, text)) === 0 ? "nobody" : "sent";
    // Nothing can come back; but what is in flight must not hang for as long as the other connection is away, or is not there.
    await this.commands?.ping();
    return "alone";
  }
}

function ignore(): void {
  // The connection has ended, and says so elsewhere.
}
