import { SolentError } from "@solent/core/errors";
import type {
  BrokerSink,
  HistoryOptions,
  HistoryPage,
  LayerCapabilities,
  Position,
  PositionRelation,
  Published,
  PublishOptions,
  Subscribed,
} from "@solent/core/layer";
import { RedisServer } from "../connection/redis-server.ts";
import type { KeyLayout } from "../layout/key-layout.ts";
import { partitionCount, partitionOf } from "../layout/partitions.ts";
import { comparePositions } from "../layout/position.ts";
import type { Deployment, DeploymentParts } from "../deployment/deployment.ts";
import { unavailable } from "../connection/unavailable.ts";
import { RedisHistory } from "../history/redis-history.ts";
import { Publisher } from "../publishing/publisher.ts";
import type { Script } from "../connection/script.ts";
import { AskedGroups } from "./asked-groups.ts";
import { type LayerBroker, type LayerBrokerParts, settledAt } from "./layer-broker.ts";
import { ReadyWaits } from "./ready-waits.ts";
import { type QueueScripts, RedisQueues } from "../queues/redis-queues.ts";
import { type Place, Subscriber } from "../subscribing/subscriber.ts";
import type { MakeServer, ServerAddress, Topology } from "../topology/topology.ts";
import { readPayload } from "../layout/payload.ts";

const allPartitions: readonly number[] = Array.from({ length: partitionCount }, (_, partition) => partition);

type DeploymentEvents = Pick<DeploymentParts, "onAccepted" | "onRefused" | "onProblem">;

/** What a broker over Redis is made of. */
export interface RedisBrokerParts extends LayerBrokerParts {
  readonly layout: KeyLayout;
  readonly topology: (make: MakeServer) => Topology;
  readonly script: Script;
  readonly deployment: (topology: Topology, on: DeploymentEvents) => Deployment;
  readonly claimScript: Script;
  readonly historyScript: Script;
  readonly queueScripts: QueueScripts;
  readonly isSharded: boolean;
}

/** Carries groups and inboxes over Redis pub/sub, with a position for every event. */
export class RedisBroker implements LayerBroker {
  readonly capabilities: LayerCapabilities = Object.freeze({
    offsets: true,
    history: true,
    presence: false,
    receivers: true,
    envelopes: true,
    queues: true,
  });
  readonly maxMessageBytes: number;
  readonly queues: RedisQueues;
  readonly #parts: RedisBrokerParts;
  readonly #topology: Topology;
  readonly #deployment: Deployment;
  readonly #publisher: Publisher;
  readonly #history: RedisHistory;
  readonly #subscriber: Subscriber;
  readonly #asked = new AskedGroups(partitionCount);
  #sink: BrokerSink | undefined;
  #node = "";
  #inbox = "";
  #inboxLast: Position | undefined;
  #inboxStore: string | undefined;
  #isInboxOpen = false;
  /** Whether there is an inbox at all: one that only sends opens it for its first question. */
  #hasInbox: boolean;
  readonly #ready = new ReadyWaits();
  #refusal: SolentError | undefined;
  #hasBeenUp = false;
  #isReplacing = false;
  #hasBeenReady = false;
  #isClosed = false;

  constructor(parts: RedisBrokerParts) {
    this.#parts = parts;
    this.#hasInbox = parts.connection.isSender !== true;
    this.maxMessageBytes = parts.maxMessageBytes;
    this.#topology = parts.topology((address) => this.#makeServer(address));
    this.#deployment = parts.deployment(this.#topology, {
      onAccepted: () => this.#accepted(),
      onRefused: (reason) => this.#refused(reason),
      onProblem: (error, server) => parts.onProblem(error, server.key),
    });
    const routes = {
      serverOf: (partition: number) => this.#openServerOf(partition),
      serverAt: (address: string) => this.#topology.serverAt(address),
      secondOf: (partition: number) => this.#topology.secondOf(partition),
      lookAgain: () => this.#topology.lookAgain(),
    };
    this.#publisher = new Publisher(routes, parts.script, parts.publishing);
    this.#history = new RedisHistory(routes, parts.historyScript, parts.publishing.publishTimeoutMs);
    this.#subscriber = new Subscriber(this.#topology);
    this.queues = new RedisQueues({
      layout: parts.layout,
      routes,
      subscriber: this.#subscriber,
      scripts: parts.queueScripts,
      limits: parts.publishing,
      onHint: (queue) => this.#sink?.queued(queue),
      onProblem: (error) => parts.onProblem(error, ""),
    });
  }

  start(node: string, sink: BrokerSink): void {
    this.#node = node;
    this.queues.node = node;
    this.#sink = sink;
    this.#inbox = this.#parts.layout.inbox(node);
    this.#topology.start(
      (partition) => this.#parts.layout.other(partition, `node:${node}`),
      (partitions) => void this.#moved(partitions),
    );
  }

  async subscribe(groups: readonly string[]): Promise<readonly Subscribed[]> {
    const error = this.#refusal;
    if (error !== undefined) return groups.map(() => ({ error }));
    const places = groups.map((group) => this.#placeOf(group));
    this.#asked.add(groups, places);
    return this.#subscriber.subscribe(places);
  }

  async unsubscribe(groups: readonly string[]): Promise<void> {
    const places = groups.map((group) => this.#placeOf(group));
    this.#asked.delete(groups, places);
    try {
      await this.#subscriber.unsubscribe(places);
    } catch (error) {
      // What still arrives is ignored: only an operator can help.
      this.#parts.onProblem(error as Error, "");
    }
  }

  publish(group: string, bytes: Uint8Array, options: PublishOptions): Promise<Published> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return this.#publisher.publish({ ...this.#placeOf(group), bytes, ...options });
  }

  async send(node: string, bytes: Uint8Array, id: string): Promise<boolean> {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#parts.connection.isSender === true) await this.#openForAnswers();
    const name = this.#parts.layout.inbox(node);
    const draft = { name, partition: partitionOf(node), bytes, id, volatile: false };
    const { receivers } = await this.#publisher.publish(draft);
    return receivers !== 0;
  }

  positions(groups: readonly string[]): Promise<readonly (Position | undefined)[]> {
    return this.#subscriber.positions(groups.map((group) => this.#placeOf(group)));
  }

  async history(group: string, options: HistoryOptions): Promise<HistoryPage> {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#history.read(group, this.#placeOf(group), options);
  }

  compare(last: Position | undefined, next: Position): PositionRelation {
    return comparePositions(last, next);
  }

  /** Whether all servers that are published on are connected, and the inbox is open. */
  get isReady(): boolean {
    const { servers } = this.#topology;
    const isWhole = servers.size > 0 && [...servers].every((server) => server.isUp || !this.#isPublishedOn(server));
    return isWhole && (this.#isInboxOpen || !this.#hasInbox) && this.#deployment.isAccepted;
  }

  /** Resolves when it `isReady`. */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#ready.until(() => this.isReady, signal);
  }

  /** A barrier in both directions, at every server that is connected. */
  async settled(): Promise<void> {
    await settledAt(this.#topology.servers);
    await this.queues.settled();
  }

  close(): Promise<void> {
    this.#end(new SolentError("LAYER_CLOSED"));
    return Promise.resolve();
  }

  #end(reason: SolentError): void {
    this.#isClosed = true;
    this.#deployment.close();
    this.#publisher.close(reason);
    this.queues.close(reason);
    this.#history.close(reason);
    this.#topology.close();
    this.#ready.close(reason);
  }

  // Who has worked before goes on: it is the others that came with something else, and they are refused.
  #refused(reason: SolentError): void {
    this.#parts.onProblem(reason, "");
    if (this.#hasBeenReady || this.#isClosed) return;
    this.#refusal = reason;
    this.queues.refusal = reason;
    this.#end(reason);
    // So that the hub asks, and joins hear of it too.
    this.#sink?.restored("all");
  }

  #lookForReady(): void {
    this.#hasBeenReady ||= this.isReady;
    this.#ready.look();
  }

  // An answer that nobody listens for is lost: the question has to wait.
  async #openForAnswers(): Promise<void> {
    this.#hasInbox = true;
    const { publishTimeoutMs } = this.#parts.publishing;
    const isOpen = (): boolean => {
      for (const server of this.#inboxServers) server.listen();
      return this.#isInboxOpen;
    };
    const late = unavailable(`the inbox for answers was not open within ${publishTimeoutMs} ms`);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(late), publishTimeoutMs);
    try {
      await this.#ready.until(isOpen, deadline.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  #placeOf(group: string): Place {
    const partition = partitionOf(group);
    return { name: this.#parts.layout.group(group, partition), partition };
  }

  #openServerOf(partition: number): RedisServer | undefined {
    const server = this.#topology.serverOf(partition);
    return server !== undefined && this.#deployment.isAcceptedAt(server) ? server : undefined;
  }

  get #scripts(): readonly Script[] {
    const { script, claimScript, historyScript, queueScripts } = this.#parts;
    return [script, claimScript, historyScript, ...Object.values(queueScripts)];
  }

  #makeServer(address: ServerAddress): RedisServer {
    const { isSharded, connection, onProblem } = this.#parts;
    return new RedisServer({
      ...address,
      ...connection,
      isSharded,
      scripts: this.#scripts,
      events: {
        subscriberUp: (server) => void this.#subscriberUp(server),
        subscriberDown: (server) => this.#subscriberDown(server),
        commandsUp: (server) => {
          void this.#deployment.claim(server);
          this.#publisher.flushSoon();
          this.queues.look();
          this.#lookForReady();
        },
        commandsDown: () => this.#topology.lookAgain(),
        message: (from, channel, payload) => this.#hear(from, channel, payload),
        moved: () => this.#topology.lookAgain(),
        problem: (server, error) => onProblem(error, server.key),
      },
    });
  }

  async #subscriberUp(server: RedisServer): Promise<void> {
    await this.#subscribeSecond(server);
    if (this.#isFirst(server, partitionOf(this.#node)) && !(await this.#openInbox(server))) return;
    const isFirst = !this.#hasBeenUp;
    this.#hasBeenUp = true;
    this.#sink?.restored(isFirst || this.#topology.isOneServer ? "all" : this.#groupsOf(server));
    this.queues.look();
    this.#lookForReady();
  }

  // Where servers are replaced, this one carries what others may publish already, or still. The hub need not know.
  async #subscribeSecond(server: RedisServer): Promise<void> {
    const isSecond = (partition: number): boolean => this.#topology.secondOf(partition) === server;
    const places = this.#asked.where(isSecond).map((group) => this.#placeOf(group));
    const home = partitionOf(this.#node);
    if (isSecond(home)) places.unshift({ name: this.#inbox, partition: home });
    if (places.length > 0) await this.#subscriber.subscribeSecond(places);
  }

  // Before groups: whoever hears that a group is live here may send to its members directly.
  async #openInbox(server: RedisServer): Promise<boolean> {
    const [inbox] = await this.#subscriber.subscribe([{ name: this.#inbox, partition: partitionOf(this.#node) }]);
    if (inbox === undefined || inbox.isUnavailable === true || inbox.error !== undefined) {
      server.drop(`the inbox of this node cannot be subscribed${inbox?.error ? `: ${inbox.error.message}` : ""}`);
      return false;
    }
    const isOther = this.#inboxStore !== undefined && inbox.store !== this.#inboxStore;
    const isBehind = this.#inboxLast !== undefined && inbox.position !== this.#inboxLast;
    if (isOther || isBehind) this.#sink?.inboxLost();
    this.#inboxStore = inbox.store;
    this.#inboxLast = inbox.position;
    this.#isInboxOpen = true;
    return true;
  }

  #subscriberDown(server: RedisServer): void {
    if (this.#isFirst(server, partitionOf(this.#node))) this.#isInboxOpen = false;
    this.#topology.lookAgain();
    if (this.#hasBeenUp) this.#sink?.lost(this.#topology.isOneServer ? "all" : this.#groupsOf(server), "reconnect");
  }

  #accepted(): void {
    this.#publisher.flushSoon();
    this.queues.look();
    const isReplacing = this.#deployment.hasPrevious;
    if (isReplacing !== this.#isReplacing) void this.#changeOver();
    this.#isReplacing = isReplacing;
    this.#lookForReady();
  }

  // First and second have changed places. Both were subscribed; but what waited for the one need not wait for it any more.
  async #changeOver(): Promise<void> {
    const server = this.#topology.serverOf(partitionOf(this.#node));
    if (server?.subscriber !== undefined && !this.#isInboxOpen && !(await this.#openInbox(server))) return;
    for (const each of this.#topology.servers) {
      if (each.subscriber !== undefined) this.#sink?.restored(this.#groupsOf(each));
    }
    this.#lookForReady();
  }

  // Other servers hold these partitions now: what was subscribed at the old ones is gone.
  async #moved(partitions: readonly number[]): Promise<void> {
    this.#publisher.flushSoon();
    const first = this.#topology.serverOf(0);
    if (partitions.includes(0) && first !== undefined) void this.#deployment.claim(first);
    const moved = new Set(partitions);
    this.queues.look(moved);
    this.#sink?.lost(
      this.#asked.where((partition) => moved.has(partition)),
      "loss",
    );
    const home = partitionOf(this.#node);
    const server = partitions.includes(home) ? this.#topology.serverOf(home) : undefined;
    if (this.#hasInbox) server?.listen();
    if (server?.subscriber !== undefined && !(await this.#openInbox(server))) return;
    const isLive = (partition: number): boolean => this.#topology.serverOf(partition)?.subscriber !== undefined;
    this.#sink?.restored(this.#asked.where((partition) => moved.has(partition) && isLive(partition)));
  }

  #groupsOf(server: RedisServer): readonly string[] {
    return this.#asked.where((partition) => this.#isFirst(server, partition));
  }

  get #inboxServers(): readonly RedisServer[] {
    const home = partitionOf(this.#node);
    return [...this.#topology.servers].filter(
      (server) => this.#isFirst(server, home) || this.#topology.secondOf(home) === server,
    );
  }

  #isFirst(server: RedisServer, partition: number): boolean {
    return this.#topology.serverOf(partition) === server;
  }

  #isPublishedOn(server: RedisServer): boolean {
    return allPartitions.some((partition) => this.#isFirst(server, partition));
  }

  #hear(from: RedisServer, channel: string, payload: Buffer): void {
    const queue = this.#parts.layout.queueOf(channel);
    if (queue !== undefined) {
      this.queues.hear(queue);
      return;
    }
    const message = readPayload(payload);
    const isInbox = channel === this.#inbox;
    const group = isInbox ? undefined : this.#parts.layout.groupOf(channel);
    if (!isInbox && group === undefined) return;
    // What a server still has for us when its slot is elsewhere would come after what was sent later there. The new cut covers it.
    if (from.isSharded && this.#topology.serverOf(partitionOf(group ?? this.#node)) !== from) return;
    if (typeof message === "string") {
      // The hub counts what it cannot read; its own envelopes begin with neither.
      this.#tell(group, message === "malformed" ? new Uint8Array() : payload, {});
      return;
    }
    const { id, position, bytes } = message;
    const told = position && position + from.lifeMark;
    if (isInbox && told !== undefined) this.#advanceInbox(told);
    this.#tell(group, bytes, { id, position: told });
  }

  #tell(group: string | undefined, bytes: Uint8Array, about: { id?: string; position?: Position | undefined }): void {
    const { id, position } = about;
    if (group === undefined) this.#sink?.inbox(id, bytes);
    else this.#sink?.message({ group, id, position, bytes });
  }

  #advanceInbox(position: Position): void {
    const relation = comparePositions(this.#inboxLast, position);
    if (relation === "same" || relation === "past") return;
    if (relation === "gap" || relation === "break") this.#sink?.inboxLost();
    this.#inboxLast = position;
  }
}
