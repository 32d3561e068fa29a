import { SolentError } from "@solent/core/errors";
import type { HistoryPolicy, Published } from "@solent/core/layer";
import type { ChainableCommander } from "ioredis";
import type { RedisServer } from "../connection/redis-server.ts";
import { unavailable } from "../connection/unavailable.ts";
import { joinEntries, plainPayload } from "../layout/payload.ts";
import { Lane } from "./lane.ts";
import { type Attempt, type Publication, readAttempts } from "./publication.ts";
import type { Script } from "../connection/script.ts";

/** Where publications go, and what is to be done when they fail. */
export interface PublisherRoutes {
  /** The server of a partition now; `undefined` while that is not known. */
  serverOf(partition: number): RedisServer | undefined;
  /** The server at an address that an ASK named. */
  serverAt(address: string): RedisServer | undefined;
  /** A server said that a slot is elsewhere. */
  lookAgain(): void;
}

/** Limits and times of publishing. */
export interface PublisherOptions {
  /** How long a message may wait to be written, in ms. */
  readonly publishTimeoutMs: number;
  /** How many messages may wait or be in flight, and how many bytes. */
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  /** How many may be in flight at one server. */
  readonly maxInFlight: number;
}

/** What is to be published. */
export interface Draft {
  readonly name: string;
  readonly partition: number;
  readonly bytes: Uint8Array;
  readonly id: string;
  readonly volatile: boolean;
  readonly keep?: HistoryPolicy | undefined;
}

const retryPauseMs = 20;

// Redis does nothing else while a script runs: a bound of some tenths of a millisecond.
const maxPerCommand = 64;
const maxBytesPerCommand = 262_144;

/**
 * Writes messages to Redis: what one turn brings in one write, what one node sends to one group in its order.
 *
 * A message that was surely not executed is tried again until its time is over. One that was written, and whose answer got
 * lost, is sent again only where its group remembers it, and so is there once; else what became of it is uncertain.
 */
export class Publisher {
  readonly #routes: PublisherRoutes;
  readonly #script: Script | undefined;
  readonly #options: PublisherOptions;
  // By partition.
  readonly #lanes: (Lane | undefined)[] = [];
  // With something that waits or flies.
  #busy: Lane[] = [];
  readonly #inFlight = new Map<string, number>();
  #pending = 0;
  #pendingBytes = 0;
  #isScheduled = false;
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param script what gives positions; without it messages are published as they are, with nothing before them. */
  constructor(routes: PublisherRoutes, script: Script | undefined, options: PublisherOptions) {
    this.#routes = routes;
    this.#script = script;
    this.#options = options;
  }

  /**
   * Publishes a message. Resolves when Redis has accepted it.
   *
   * @throws {SolentError} LAYER_BUSY, LAYER_UNAVAILABLE, LAYER_UNCERTAIN, LAYER_CLOSED
   */
  publish(draft: Draft): Promise<Published> {
    const { maxPendingMessages, maxPendingBytes } = this.#options;
    if (this.#isClosed) return Promise.reject(new SolentError("LAYER_CLOSED"));
    if (this.#pending >= maxPendingMessages) return busy("messages for Redis", maxPendingMessages);
    const { name, partition, id } = draft;
    // Without a script nothing has a position.
    const volatile = draft.volatile || this.#script === undefined;
    const { bytes, keep } = draft;
    if (this.#pendingBytes + bytes.length > maxPendingBytes) return busy("bytes for Redis", maxPendingBytes);
    const dueAtMs = performance.now() + this.#options.publishTimeoutMs;
    this.#pending += 1;
    this.#pendingBytes += bytes.length;
    this.#sweepLater();
    this.flushSoon();
    return new Promise((resolve, reject) => {
      const publication = { name, partition, bytes, id, volatile, keep, dueAtMs, resolve, reject };
      this.#laneOf(partition).waiting.push(publication);
    });
  }

  /** Writes what can be written at the end of this turn: also after a server has come back, or slots have moved. */
  flushSoon(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#flush();
    });
  }

  /** Rejects what has not been written. */
  close(reason: SolentError = new SolentError("LAYER_CLOSED")): void {
    this.#isClosed = true;
    clearTimeout(this.#sweepTimer);
    clearTimeout(this.#retryTimer);
    for (const lane of this.#lanes) lane?.expire(Infinity, reason);
  }

  #laneOf(partition: number): Lane {
    let lane = this.#lanes[partition];
    if (lane === undefined) {
      lane = new Lane(partition, ({ bytes }) => {
        this.#pending -= 1;
        this.#pendingBytes -= bytes.length;
      });
      this.#lanes[partition] = lane;
    }
    if (!lane.isBusy) {
      lane.isBusy = true;
      this.#busy.push(lane);
    }
    return lane;
  }

  #flush(): void {
    const nowMs = performance.now();
    const batches = new Map<RedisServer, [Lane, Publication][]>();
    this.#busy = this.#busy.filter((lane) => (lane.isBusy = lane.isFlying || lane.waiting.length > 0));
    for (const lane of this.#busy) {
      if (lane.waiting.length === 0) continue;
      const server = this.#routes.serverOf(lane.partition);
      if (lane.askServer !== undefined && !lane.isFlying) this.#writeAsking(lane, lane.askServer);
      else if (server?.commands !== undefined && lane.canFly(server.key, nowMs)) this.#fill(batches, server, lane);
      else if (lane.notBeforeMs > nowMs) this.#flushIn(lane.notBeforeMs - nowMs);
    }
    for (const [server, batch] of batches) void this.#write(server, batch, false);
  }

  #fill(batches: Map<RedisServer, [Lane, Publication][]>, server: RedisServer, lane: Lane): void {
    const batch = batches.get(server) ?? [];
    const room = this.#options.maxInFlight - (this.#inFlight.get(server.key) ?? 0) - batch.length;
    if (room <= 0) return;
    lane.server = server.key;
    for (const publication of lane.take(room)) batch.push([lane, publication]);
    batches.set(server, batch);
  }

  // The key has moved to a server that does not own its slot yet: one command at a time, each announced.
  #writeAsking(lane: Lane, address: string): void {
    const server = this.#routes.serverAt(address);
    if (server?.commands === undefined) {
      lane.askServer = undefined;
      this.#retryLater(lane);
      return;
    }
    if (!lane.canFly(server.key, performance.now())) return;
    lane.askServer = undefined;
    lane.server = server.key;
    const [publication] = lane.take(1);
    if (publication !== undefined) void this.#write(server, [[lane, publication]], true);
  }

  async #write(server: RedisServer, batch: readonly [Lane, Publication][], isAsking: boolean): Promise<void> {
    const redis = server.commands;
    for (const [, publication] of batch) if (publication.keep !== undefined) publication.writtenIn = server.life;
    const commands = inCommands(batch, server.isSharded);
    const pipeline = redis?.pipeline();
    if (isAsking) pipeline?.asking();
    for (const command of commands) if (pipeline !== undefined) this.#add(pipeline, command, server.isSharded);
    const results = pipeline && execute(pipeline, commands, isAsking);
    this.#inFlight.set(server.key, (this.#inFlight.get(server.key) ?? 0) + batch.length);
    const answers = await results;
    this.#inFlight.set(server.key, (this.#inFlight.get(server.key) ?? 0) - batch.length);
    for (const [i, [lane, publication]] of batch.entries()) {
      const attempt = answers?.[i] ?? { outcome: "retry", cause: "wait" };
      if (attempt.outcome === "retry") this.#seeTo(server, lane, attempt);
      lane.landed(publication, attempt);
    }
    this.flushSoon();
  }

  #add(pipeline: ChainableCommander, command: readonly Publication[], isSharded: boolean): void {
    const [first] = command;
    if (first === undefined) return;
    if (this.#script === undefined || first.volatile) {
      const payload = this.#script === undefined ? asBuffer(first.bytes) : plainPayload(first);
      if (isSharded) pipeline.spublish(first.name, payload);
      else pipeline.publish(first.name, payload);
      return;
    }
    const names = command.map(({ name }) => name);
    const { lengths, joined } = joinEntries(command);
    pipeline.evalsha(this.#script.sha, names.length, ...names, lengths, joined);
  }

  // What has to be done before the next attempt can succeed.
  #seeTo(server: RedisServer, lane: Lane, attempt: Attempt & { outcome: "retry" }): void {
    const redis = server.commands;
    if (attempt.askServer !== undefined) lane.askServer = attempt.askServer;
    else if (attempt.cause === "script" && redis !== undefined) server.loadScripts(redis).catch(ignore);
    else if (attempt.cause === "role") server.drop("the server has become a replica");
    else if (attempt.cause === "moved") this.#routes.lookAgain();
    if (attempt.cause !== "script" && attempt.askServer === undefined) this.#retryLater(lane);
  }

  #retryLater(lane: Lane): void {
    lane.notBeforeMs = performance.now() + retryPauseMs;
    this.#flushIn(retryPauseMs);
  }

  // One timer for all lanes: one that comes too early for a lane is set again for it.
  #flushIn(pauseMs: number): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.flushSoon();
    }, pauseMs + 1);
  }

  #sweepLater(): void {
    const { publishTimeoutMs } = this.#options;
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), Math.max(publishTimeoutMs / 10, 10));
  }

  #sweep(): void {
    this.#sweepTimer = undefined;
    const nowMs = performance.now();
    const reason = unavailable(`Redis could not be written to within ${this.#options.publishTimeoutMs} ms`);
    for (const lane of this.#busy) lane.expire(nowMs, reason);
    if (this.#pending > 0) this.#sweepLater();
  }
}

async function execute(
  pipeline: ChainableCommander,
  commands: readonly (readonly Publication[])[],
  isAsking: boolean,
): Promise<readonly Attempt[]> {
  let results: readonly [Error | null, unknown][];
  try {
    results = ((await pipeline.exec()) ?? []).slice(isAsking ? 1 : 0);
  } catch (error) {
    results = commands.map(() => [error as Error, null]);
  }
  return commands.flatMap((command, i) => {
    const [error, answer] = results[i] ?? [new Error("no answer"), null];
    return readAttempts(error, answer, command.length);
  });
}

// One call of the script carries as many as it may: on a Cluster those of one slot. What gets no position goes alone, in its
// place: what one node sends to one group keeps its order.
function inCommands(batch: readonly [Lane, Publication][], isSharded: boolean): readonly Publication[][] {
  const commands: Publication[][] = [];
  let bytes = 0;
  let last: Publication | undefined;
  for (const [, publication] of batch) {
    const command = commands.at(-1);
    const fits =
      command !== undefined &&
      !publication.volatile &&
      last?.volatile === false &&
      (!isSharded || last.partition === publication.partition) &&
      command.length < maxPerCommand &&
      bytes + publication.bytes.length <= maxBytesPerCommand;
    if (fits) command.push(publication);
    else commands.push([publication]);
    bytes = (fits ? bytes : 0) + publication.bytes.length;
    last = publication;
  }
  return commands;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function busy(what: string, limit: number): Promise<never> {
  return Promise.reject(new SolentError("LAYER_BUSY", { what, limit }));
}

function ignore(): void {
  // The connection ended: the next one loads the scripts first.
}
