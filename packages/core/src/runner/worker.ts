import type { Application } from "../connection/application.ts";
import { createEnvironment, type Environment, type EnvironmentOptions } from "../connection/environment.ts";
import type { End, EndCause, Link, Receiver } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { LeasedMessage } from "../layer/message.ts";
import type { Connection } from "../connection/connection.ts";
import { Runner } from "./runner.ts";

/** Options of `runWorker`. */
export interface WorkerOptions extends EnvironmentOptions {
  /** The layer whose channels are served. */
  readonly layer: ChannelLayer;
  /** The channels to listen to. @default all that the application's `ChannelNameRouter` names */
  readonly channels?: readonly string[];
  /**
   * What becomes of a message when its node dies, or is cut off, while its handler runs. Default `"atMostOnce"`.
   *
   * `"atMostOnce"`: it is lost; no message is ever handled twice. `"atLeastOnce"`: it is handled again, on another node or on
   * this one, with `meta.redelivered`; so a handler must bear to do its work twice. That needs a layer with `queues`:
   * elsewhere messages end with their process. Handlers of one instance do not overlap then, whatever their class says.
   */
  readonly delivery?: "atMostOnce" | "atLeastOnce" | undefined;
  /**
   * With `"atLeastOnce"`, how often a message is handed to a handler. One that was, and was dealt with never, is
   * dropped, logged, and counted in `layer.stats().abandoned`. Default 5.
   */
  readonly maxAttempts?: number | undefined;
}

/** A running worker. */
export interface Worker extends AsyncDisposable {
  /** Stops taking messages, and resolves when running handlers and `disconnect` have ended. */
  close(): Promise<void>;
}

/**
 * Serves plain channels with the consumers of `app`: a `ChannelNameRouter`.
 *
 * One instance a channel takes its messages one at a time, in order, each at most once; see `delivery`. A handler that throws
 * ends its instance (logged; `onError` may keep it), and the next message gets a new one: no message but the failed is lost.
 * With `queues` workers of all nodes share the messages of a channel.
 *
 * `close()` fires the signal of running handlers, waits for them and for `disconnect`. With `"atLeastOnce"` a message whose
 * handler fails then, or does not end in time, is given back.
 *
 * @throws {SolentError} CONFIG_INVALID without channels, for one that the application does not serve, and for other options.
 */
export function runWorker(app: Application, options: WorkerOptions): Worker {
  const { layer, delivery = "atMostOnce", maxAttempts = 5 } = options;
  const channels = channelsFor(app, options.channels);
  const serve = serviceOf(delivery, maxAttempts);
  const environment = createEnvironment(options);
  const stop = new AbortController();
  const posts = channels.map((channel) => new Post({ app, channel, environment, serve }));
  const loops = posts.map((post) => post.run(layer, stop.signal));
  const close = async (): Promise<void> => {
    stop.abort();
    // First the end and then the wait: a handler may be waiting for its signal.
    for (const post of posts) post.end();
    await Promise.all(loops);
    await environment.watch.whenIdle();
  };
  return {
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What of an application tells which channels it serves. */
interface ChannelTable {
  readonly channels?: ReadonlyMap<string, unknown>;
  readonly protocols?: ReadonlyMap<string, unknown>;
  readonly "~inner"?: unknown;
}

function servedChannels(app: unknown): readonly string[] | undefined {
  const { channels, protocols, "~inner": inner } = app as ChannelTable;
  if (channels !== undefined) return [...channels.keys()];
  const next = protocols?.get("channel") ?? inner;
  return next === undefined ? undefined : servedChannels(next);
}

// A channel that nothing serves would be noticed at its first message, which would be lost.
function channelsFor(app: Application, asked: readonly string[] | undefined): readonly string[] {
  const served = servedChannels(app);
  const channels = asked ?? served ?? [];
  if (channels.length === 0) {
    throw new SolentError("CONFIG_INVALID", {
      option: "channels",
      value: "[]",
      rule: "a worker needs at least one channel",
    });
  }
  const unserved = channels.find((channel) => served !== undefined && !served.includes(channel));
  if (unserved === undefined) return channels;
  const rule = `the application serves ${(served ?? []).map((name) => `"${name}"`).join(", ")}`;
  throw new SolentError("CONFIG_INVALID", { option: "channels", value: unserved, rule });
}

/** How a post comes by its next message, and what becomes of it. */
type Service = (post: Post, layer: ChannelLayer, signal: AbortSignal) => Promise<void>;

function serviceOf(delivery: unknown, maxAttempts: unknown): Service {
  if (delivery !== "atMostOnce" && delivery !== "atLeastOnce") {
    throw new SolentError("CONFIG_INVALID", {
      option: "delivery",
      value: delivery,
      rule: 'it is "atMostOnce" or "atLeastOnce"',
    });
  }
  if (typeof maxAttempts !== "number" || !Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw new SolentError("CONFIG_INVALID", {
      option: "maxAttempts",
      value: maxAttempts,
      rule: "it is a positive integer",
    });
  }
  if (delivery === "atMostOnce") return atMostOnce;
  return async (post, layer, signal) => {
    const leased = await layer.lease(post.channel, { signal });
    const { attempts, message } = leased;
    if (attempts <= maxAttempts) return atLeastOnce(post, leased, signal);
    post.environment.logger.error(
      { channel: post.channel, type: message.meta.type, attempts: maxAttempts },
      "a worker gives up a message: it was handed out again and again, and never dealt with",
    );
    return leased.abandon();
  };
}

const atMostOnce: Service = async (post, layer, signal) => {
  const message = await layer.take(post.channel, { signal });
  const runner = await post.runner();
  runner.deliver(message);
  // It was made when the others were told to end.
  if (signal.aborted) post.end();
  // The next message stays in the channel, where another worker may take it, until this one is dealt with.
  await runner.whenFree();
};

async function atLeastOnce(post: Post, leased: LeasedMessage, signal: AbortSignal): Promise<void> {
  let isDone = !signal.aborted;
  if (!isDone) return leased.giveBack();
  try {
    const runner = await post.runner();
    const isTaken = runner.deliver(leased.message);
    if (signal.aborted) post.end();
    await runner.whenStill();
    // A handler that was told to end may need a while; nobody waits for it for ever.
    if (signal.aborted) await post.environment.watch.whenIdle();
    isDone = !signal.aborted || (isTaken && !runner.isCutShort);
  } catch (error) {
    // Where nobody can ever be served, another worker may be able to.
    isDone = !(SolentError.is(error) && !error.retryable);
    throw error;
  } finally {
    await (isDone ? leased.settle() : leased.giveBack());
  }
}

/** What a post is made of. */
interface PostParts {
  readonly app: Application;
  readonly channel: string;
  readonly environment: Environment;
  readonly serve: Service;
}

/** One channel and the instance that serves it now. */
class Post {
  readonly channel: string;
  readonly environment: Environment;
  readonly #app: Application;
  readonly #serve: Service;
  #link: WorkerLink | undefined;

  constructor(parts: PostParts) {
    this.channel = parts.channel;
    this.environment = parts.environment;
    this.#app = parts.app;
    this.#serve = parts.serve;
  }

  async run(layer: ChannelLayer, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#serve(this, layer, signal);
      } catch (error) {
        if (signal.aborted || SolentError.is(error, "LAYER_CLOSED")) return;
        if (SolentError.is(error, "CHANNEL_TIMEOUT")) continue;
        this.environment.logger.error({ err: error, channel: this.channel }, "a worker could not serve a message");
        if (SolentError.is(error) && !error.retryable) return;
      }
    }
  }

  end(): void {
    this.#link?.close(1001, "", "shutdown");
  }

  /** The instance that serves now, or a new one. */
  async runner(): Promise<Runner> {
    const current = this.#link;
    if (current?.runner !== undefined && current.state === "open") return current.runner;
    const link = new WorkerLink(this.channel, this.environment);
    await this.#app.handle(workerScope(this.channel), link);
    if (link.runner === undefined)
      throw new SolentError("SERVER_STATE", { rule: `has no consumer for the channel "${this.channel}"` });
    this.#link = link;
    return link.runner;
  }
}

/** The link of a consumer without a peer. */
class WorkerLink implements Link {
  readonly id: string;
  readonly environment: Environment;
  readonly lane = 0;
  state: "connecting" | "open" | "closed" = "open";
  runner: Runner | undefined;

  constructor(channel: string, environment: Environment) {
    this.id = channel;
    this.environment = environment;
  }

  get connection(): Connection {
    throw this.#noPeer("connection");
  }

  open(receiver: Receiver): void {
    if (!(receiver instanceof Runner)) throw this.#noPeer("open()");
    this.runner = receiver;
  }

  close(code: number, reason: string, cause: EndCause): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.runner?.receiveEnd({ code, reason, cause } satisfies End);
  }

  accept(): void {
    throw this.#noPeer("accept()");
  }

  deny(): void {
    this.close(1000, "", "server");
  }

  send(): void {
    throw this.#noPeer("send()");
  }

  guard(): void {}
  pause(): void {}
  resume(): void {}

  #noPeer(call: string): SolentError {
    return new SolentError("CONSUMER_STATE", { call, state: "a worker's: it has no peer" });
  }
}

function workerScope(channel: string): Scope {
  return {
    type: "channel",
    path: "",
    pathRemaining: "",
    rawPath: "",
    rootPath: "",
    queryString: "",
    method: "",
    httpVersion: "",
    headers: {},
    subprotocols: [],
    params: {},
    route: [],
    scheme: "",
    client: undefined,
    channel,
    state: {},
  };
}
