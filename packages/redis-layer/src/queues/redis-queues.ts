import { SolentError } from "@solent/core/errors";
import type {
  BrokerQueues,
  LeaseOptions,
  Pulled,
  PushOptions,
  QueuedHole,
  QueuedMessage,
  Settlement,
} from "@solent/core/layer";
import type { RedisServer } from "../connection/redis-server.ts";
import type { Script } from "../connection/script.ts";
import { unavailable } from "../connection/unavailable.ts";
import type { KeyLayout } from "../layout/key-layout.ts";
import { partitionCount, partitionOf } from "../layout/partitions.ts";
import type { Subscriber } from "../subscribing/subscriber.ts";
import { type Push, PushLane } from "./push-lane.ts";
import { type ScriptAnswer, ScriptCalls, type ScriptRoutes } from "../publishing/script-calls.ts";
import { QueueWatch } from "./queue-watch.ts";

/** The scripts of queues. */
export type QueueScripts = Readonly<Record<"push" | "pull" | "settle" | "clear", Script>>;

/** Limits and times of queues. */
export interface QueueLimits {
  /** How long a push, a pull or what settles one may wait for Redis, in ms. */
  readonly publishTimeoutMs: number;
  /** How many pushes may wait or be in flight, and how many bytes. */
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
}

/** What queues over Redis are made of. */
export interface RedisQueuesParts {
  readonly layout: KeyLayout;
  readonly routes: ScriptRoutes;
  readonly subscriber: Subscriber;
  readonly scripts: QueueScripts;
  readonly limits: QueueLimits;
  readonly onHint: (queue: string) => void;
  readonly onProblem: (problem: Error) => void;
}

const maxElsewhere = 10_000;

interface ScriptRun {
  readonly script: keyof QueueScripts;
  readonly queue: string;
  readonly values?: readonly (string | Buffer)[];
  readonly isRepeatable?: boolean;
  readonly server?: RedisServer | undefined;
  readonly dueAtMs?: number | undefined;
}

/** Queues that all nodes share, in Redis. */
export class RedisQueues implements BrokerQueues {
  /** The name under which messages are leased to this node; set once, before the first pull. */
  node = "";
  /** Why nothing may be done; see `RedisBroker`. */
  refusal: SolentError | undefined;
  readonly #parts: RedisQueuesParts;
  readonly #calls: ScriptCalls;
  readonly #watch: QueueWatch;
  readonly #lanes = new Map<string, PushLane>();
  // Where a message came from that was not on the first server of its partition.
  readonly #elsewhere = new Map<string, RedisServer>();
  #pending = 0;
  #pendingBytes = 0;

  constructor(parts: RedisQueuesParts) {
    this.#parts = parts;
    const { layout, routes, subscriber, onHint, onProblem } = parts;
    this.#calls = new ScriptCalls(routes, parts.limits.publishTimeoutMs);
    const placeOf = (queue: string) => {
      const partition = partitionOf(queue);
      return { name: layout.queue(queue, partition), partition };
    };
    const serverOf = (partition: number) => routes.serverOf(partition);
    this.#watch = new QueueWatch({ subscriber, placeOf, serverOf, onHint, onProblem });
  }

  push(queue: string, bytes: Uint8Array, options: PushOptions): Promise<"taken" | "full"> {
    const { maxPendingMessages, maxPendingBytes, publishTimeoutMs } = this.#parts.limits;
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.#pending >= maxPendingMessages) return busy("messages for queues in Redis", maxPendingMessages);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#pendingBytes + buffer.length > maxPendingBytes) return busy("bytes for queues in Redis", maxPendingBytes);
    this.#pending += 1;
    this.#pendingBytes += buffer.length;
    const pushed = new Promise<"taken" | "full">((resolve, reject) => {
      const dueAtMs = performance.now() + publishTimeoutMs;
      this.#laneOf(queue).add({ ...options, bytes: buffer, dueAtMs, isUncertain: false, resolve, reject });
    });
    return pushed.finally(() => {
      this.#pending -= 1;
      this.#pendingBytes -= buffer.length;
    });
  }

  async pull(queue: string, options: LeaseOptions): Promise<Pulled> {
    if (this.refusal !== undefined) throw this.refusal;
    const second = this.#parts.routes.secondOf(partitionOf(queue));
    const pulled = await this.#pullFrom(undefined, queue, options);
    const left = options.count - pulled.items.filter((item) => "bytes" in item).length;
    if (second?.commands === undefined || left === 0 || pulled.isMore) return pulled;
    const more = await this.#pullFrom(second, queue, { ...options, count: left }).catch(() => undefined);
    if (more === undefined) return pulled;
    for (const item of more.items) if ("id" in item) this.#remember(item.id, second);
    const items = [...pulled.items, ...more.items];
    return { items, expired: pulled.expired + more.expired, isMore: more.isMore };
  }

  async settle(queue: string, { done, returned, kept, leaseMs }: Settlement): Promise<void> {
    const values = new Map<RedisServer | undefined, string[]>();
    const add = (verb: string, ids: readonly string[]): void => {
      for (const id of ids) {
        const server = this.#elsewhere.get(id);
        values.set(server, [...(values.get(server) ?? []), verb, id]);
      }
    };
    add("done", done);
    add("returned", returned);
    add("kept", kept);
    await Promise.all(
      [...values].map(async ([server, verbs]) => {
        const about = [this.node, String(Math.ceil(leaseMs)), ...verbs];
        const [problem] = await this.#run({ script: "settle", queue, values: about, server });
        this.#report(problem);
      }),
    );
    for (const id of [...done, ...returned]) this.#elsewhere.delete(id);
  }

  watch(queue: string, isWatched: boolean): void {
    this.#watch.watch(queue, isWatched);
  }

  async clear(): Promise<void> {
    await Promise.all(Array.from({ length: partitionCount }, (_, partition) => this.#clear(partition)));
  }

  /** Something was told of a queue. */
  hear(queue: string): void {
    this.#watch.hear(queue);
  }

  /** A connection has come or gone, or partitions have moved, and what was subscribed there is gone. */
  look(moved?: ReadonlySet<number>): void {
    this.#calls.look();
    this.#watch.look(moved);
  }

  /** Resolves when what was sent before is with Redis. */
  settled(): Promise<void> {
    return this.#calls.settled();
  }

  close(reason: SolentError): void {
    this.#calls.close(reason);
    this.#watch.close();
  }

  // What is never settled is not forgotten by itself; by then its lease is over.
  #remember(id: string, server: RedisServer): void {
    for (const oldest of this.#elsewhere.keys()) {
      if (this.#elsewhere.size < maxElsewhere) break;
      this.#elsewhere.delete(oldest);
    }
    this.#elsewhere.set(id, server);
  }

  #laneOf(queue: string): PushLane {
    let lane = this.#lanes.get(queue);
    if (lane === undefined) {
      lane = new PushLane(
        (pushes) => this.#write(queue, pushes),
        () => this.#lanes.delete(queue),
      );
      this.#lanes.set(queue, lane);
    }
    return lane;
  }

  async #write(queue: string, pushes: readonly Push[]): Promise<readonly ("taken" | "full")[]> {
    const values = pushes.flatMap(({ id, capacity, expiryMs, group = "", bytes }) => {
      const room = capacity === Infinity ? "inf" : String(capacity);
      return [id, room, String(Math.ceil(expiryMs)), group, bytes];
    });
    const answer = await this.#run({ script: "push", queue, values, dueAtMs: pushes[0]?.dueAtMs });
    this.#report(answer.at(-1));
    return answer.slice(0, -1).map((outcome) => (outcome.toString() === "taken" ? "taken" : "full"));
  }

  async #pullFrom(
    server: RedisServer | undefined,
    queue: string,
    { count, leaseMs, held }: LeaseOptions,
  ): Promise<Pulled> {
    const about = [this.node, String(count), String(Math.ceil(leaseMs)), held === undefined ? "0" : "1"];
    const values = [...about, ...(held ?? [])];
    const answer = await this.#run({ script: "pull", queue, values, server, isRepeatable: false });
    const [isMore, expired, problem, ...found] = answer;
    this.#report(problem);
    const items: (QueuedMessage | QueuedHole)[] = [];
    for (let i = 0; i + 2 < found.length; i += 3) {
      const [first = "", second = "", bytes] = [
        found[i]?.toString("latin1"),
        found[i + 1]?.toString("latin1"),
        found[i + 2],
      ];
      if (bytes === undefined) continue;
      if (first !== "!") items.push({ id: first, attempts: Number(second), bytes });
      else items.push({ group: bytes.toString("latin1"), cause: second === "expired" ? "expired" : "overflow" });
    }
    return { items, expired: Number(expired), isMore: isMore?.toString() === "1" };
  }

  async #clear(partition: number): Promise<void> {
    const { layout, routes } = this.#parts;
    const index = layout.other(partition, "queues");
    const second = routes.secondOf(partition)?.commands === undefined ? undefined : routes.secondOf(partition);
    for (const server of new Set([routes.serverOf(partition), second ?? routes.serverOf(partition)])) {
      for (const queue of await queuesIn(server, index)) await this.#run({ script: "clear", queue, server });
    }
  }

  #run({ script, queue, values = [], isRepeatable = true, server, dueAtMs }: ScriptRun): Promise<ScriptAnswer> {
    const partition = partitionOf(queue);
    const keys = this.#parts.layout.queueKeys(queue, partition);
    const call = { script: this.#parts.scripts[script], partition, keys, values: [queue, ...values] };
    // Who pushes is told; of the others only an operator hears.
    const onRefused = script === "push" ? undefined : this.#parts.onProblem;
    return this.#calls.run({ ...call, isRepeatable, server, dueAtMs, onRefused });
  }

  // It was done, but those who wait were not told, and find it when they look by themselves.
  #report(problem: Buffer | undefined): void {
    if (problem !== undefined && problem.length > 0) this.#parts.onProblem(new Error(problem.toString()));
  }
}

async function queuesIn(server: RedisServer | undefined, index: string): Promise<readonly string[]> {
  if (server?.commands === undefined) throw unavailable("not connected");
  try {
    return await server.commands.zrange(index, "0", "-1");
  } catch (error) {
    throw unavailable((error as Error).message);
  }
}

function busy(what: string, limit: number): Promise<never> {
  return Promise.reject(new SolentError("LAYER_BUSY", { what, limit }));
}
