import { SolentError } from "../errors/solent-error.ts";
import { deferred } from "../internal/deferred.ts";
import type {
  Broker,
  BrokerMessage,
  BrokerQueues,
  BrokerSink,
  HistoryOptions,
  HistoryPage,
  Position,
  PositionRelation,
  Published,
  PublishOptions,
  Subscribed,
} from "../layer/broker.ts";
import type { LayerCapabilities } from "../layer/channel-layer.ts";
import { nodeOf } from "../layer/names.ts";
import { type Place, placeRelation } from "../layer/place.ts";
import type { InProcessNetwork } from "./in-process-network.ts";

/** What an in-process broker can; everything but presence by default, so that a test switches off what it is about. */
export interface InProcessBrokerOptions extends Partial<LayerCapabilities> {
  /** The largest message. Default 1 MiB and a little more. */
  readonly maxMessageBytes?: number;
}

/** A position as this broker writes it: version, epoch, number, id. */
export function positionText(epoch: number, number: number, id: string): Position {
  return `1:${epoch}:${number}:${id}`;
}

function read(position: Position): Place | undefined {
  const [version, epoch, number, ...id] = position.split(":");
  if (version !== "1" || epoch === undefined || number === undefined) return undefined;
  return { epoch, number: Number(number), id: id.join(":") };
}

const endWithConnection: ReadonlySet<string> = new Set(["subscribe", "unsubscribe", "positions", "history"]);

/**
 * One node's broker on an in-process network: for tests of layers and of applications on several nodes.
 *
 * It obeys every rule of `Broker`, and breaks exactly what a test tells it to.
 */
export class InProcessBroker implements Broker {
  readonly capabilities: LayerCapabilities;
  readonly maxMessageBytes: number;
  readonly queues: BrokerQueues | undefined;
  /** How many commands it has sent: a test of batching counts them. */
  readonly commands: { readonly [Name in "subscribe" | "unsubscribe" | "publish" | "send" | "positions"]: number } & {
    [name: string]: number;
  } = { subscribe: 0, unsubscribe: 0, publish: 0, send: 0, positions: 0 };
  readonly #network: InProcessNetwork;
  readonly #subscribed = new Set<string>();
  readonly #watched = new Set<string>();
  readonly #inFlight = new Set<(error: SolentError) => void>();
  #node = "";
  #sink: BrokerSink | undefined;
  #generation = 0;
  #isConnected = false;
  #isClosed = false;

  constructor(network: InProcessNetwork, options: InProcessBrokerOptions) {
    const { offsets = true, history = true, presence = false, receivers = true, envelopes = true } = options;
    // What another system reads has no place for what a queue must know.
    const { queues = envelopes } = options;
    this.#network = network;
    this.capabilities = Object.freeze({ offsets, history, presence, receivers, envelopes, queues });
    this.queues = queues ? this.#makeQueues() : undefined;
    this.maxMessageBytes = options.maxMessageBytes ?? 1_114_112;
  }

  /** The name other nodes reach this one's inbox by. */
  get node(): string {
    return this.#node;
  }

  /** Whether this node is connected. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether the network would deliver this group's events here. */
  isSubscribed(group: string): boolean {
    return this.#subscribed.has(group);
  }

  // For tests

  /** Cuts the connection: subscriptions are gone, and commands in flight end as uncertain. */
  disconnect(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#generation += 1;
    this.#subscribed.clear();
    for (const reject of this.#inFlight) reject(new SolentError("LAYER_UNCERTAIN"));
    this.#inFlight.clear();
    this.#sink?.lost("all", "reconnect");
  }

  /** Connects again. */
  reconnect(): void {
    if (this.#isConnected || this.#isClosed) return;
    this.#isConnected = true;
    this.#sink?.restored("all");
    for (const queue of this.#watched) this.#sink?.queued(queue);
  }

  /** Takes a subscription away without telling anybody, as a slot that moves to another server does. */
  dropSubscription(group: string): void {
    this.#subscribed.delete(group);
  }

  /** Delivers to this node as if it came over the network: for events that no healthy network would deliver. */
  inject(message: BrokerMessage): void {
    this.#sink?.message(message);
  }

  /** Puts bytes into this node's inbox as if they came over the network. */
  injectInbox(id: string | undefined, bytes: Uint8Array, channel?: string): void {
    this.#sink?.inbox(id, bytes, channel);
  }

  // For the hub

  start(node: string, sink: BrokerSink): void {
    this.#node = node;
    this.#sink = sink;
    this.#network.step(() => this.reconnect());
  }

  subscribe(groups: readonly string[]): Promise<readonly Subscribed[]> {
    return this.#command("subscribe", () =>
      groups.map((group) => {
        const error = this.#network.refusalOf(group);
        if (error !== undefined) return { error };
        this.#subscribed.add(group);
        return { position: this.capabilities.offsets ? this.#network.topOf(group) : undefined };
      }),
    );
  }

  unsubscribe(groups: readonly string[]): Promise<void> {
    return this.#command("unsubscribe", () => {
      for (const group of groups) this.#subscribed.delete(group);
    });
  }

  publish(group: string, bytes: Uint8Array, options: PublishOptions): Promise<Published> {
    return this.#command("publish", () => {
      const published = this.#network.publish(group, bytes, options);
      return {
        position: this.capabilities.offsets ? published.position : undefined,
        receivers: this.capabilities.receivers ? published.receivers : undefined,
      };
    });
  }

  send(to: string, bytes: Uint8Array, id: string): Promise<boolean> {
    const { envelopes } = this.capabilities;
    return this.#command("send", () =>
      envelopes ? this.#network.send(to, bytes, { id }) : this.#network.send(nodeOf(to) ?? to, bytes, { channel: to }),
    );
  }

  positions(groups: readonly string[]): Promise<readonly (Position | undefined)[]> {
    return this.#command("positions", () => groups.map((group) => this.#network.topOf(group)));
  }

  history(group: string, options: HistoryOptions): Promise<HistoryPage> {
    return this.#command("history", () => {
      const { from, direction, limit, maxAgeMs } = options;
      const kept = this.#network.keptOf(group, maxAgeMs);
      const top = this.#network.topOf(group);
      const at = from === undefined ? -1 : kept.findIndex(({ position }) => position === from);
      const isComplete = from !== undefined && (at >= 0 || from === top);
      if (from !== undefined && !isComplete) return { messages: [], isComplete, top };
      const newer = from !== undefined && at < 0 ? [] : kept.slice(at + 1);
      const wanted = direction === "newer" ? newer : kept.slice(0, at < 0 ? undefined : at).toReversed();
      return { messages: wanted.slice(0, limit), isComplete, top };
    });
  }

  compare(last: Position | undefined, next: Position): PositionRelation {
    const to = read(next);
    const from = last === undefined ? undefined : read(last);
    if (to === undefined || (last !== undefined && from === undefined)) return "break";
    return placeRelation(from, to);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.disconnect();
    this.#network.remove(this);
    return Promise.resolve();
  }

  /** @internal Called by the network, in the order of the wire. */
  arrive(message: BrokerMessage): void {
    const generation = this.#generation;
    const { offsets, envelopes } = this.capabilities;
    const { id, position, ...rest } = message;
    const seen = { ...rest, id: envelopes ? id : undefined, position: offsets ? position : undefined };
    this.#network.step(() => {
      if (this.#isConnected && generation === this.#generation) this.#sink?.message(seen);
    });
  }

  /** @internal */
  hint(queue: string): void {
    if (!this.#watched.has(queue)) return;
    this.#network.step(() => {
      if (this.#isConnected && this.#watched.has(queue)) this.#sink?.queued(queue);
    });
  }

  #makeQueues(): BrokerQueues {
    const { queues } = this.#network;
    return {
      push: (queue, bytes, options) => this.#command("push", () => queues.push(queue, bytes, options)),
      pull: (queue, options) => this.#command("pull", () => queues.pull(queue, this.#node, options)),
      settle: (queue, settlement) => this.#command("settle", () => queues.settle(queue, this.#node, settlement)),
      clear: () => this.#command("clear", () => queues.clear()),
      watch: (queue, isWatched) => {
        if (isWatched) this.#watched.add(queue);
        else this.#watched.delete(queue);
        this.hint(queue);
      },
    };
  }

  /** @internal */
  arriveInInbox(bytes: Uint8Array, { id, channel }: { readonly id?: string; readonly channel?: string }): void {
    const generation = this.#generation;
    this.#network.step(() => {
      if (this.#isConnected && generation === this.#generation) this.#sink?.inbox(id, bytes, channel);
    });
  }

  // A command travels to the network, is executed there, and its answer travels back behind what was delivered before it.
  #command<T>(name: string, execute: () => T): Promise<T> {
    if (!this.#isConnected) return Promise.reject(new SolentError("LAYER_UNAVAILABLE"));
    this.commands[name] = (this.commands[name] ?? 0) + 1;
    const failure = this.#network.takeFailure(name);
    if (failure !== undefined) return Promise.reject(failure);
    const generation = this.#generation;
    const answer = deferred<T>();
    this.#inFlight.add(answer.reject);
    this.#network.step(() => {
      // What was written before the connection broke is executed, and its answer is lost; subscriptions end with their
      // connection.
      if (generation !== this.#generation && endWithConnection.has(name)) return;
      const value = execute();
      this.#network.step(() => {
        if (generation !== this.#generation) return;
        this.#inFlight.delete(answer.reject);
        answer.resolve(value);
      });
    });
    return answer.promise;
  }
}
