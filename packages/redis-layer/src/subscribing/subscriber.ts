import { SolentError } from "@solent/core/errors";
import type { Position, Subscribed } from "@solent/core/layer";
import type { Redis } from "ioredis";
import type { RedisServer } from "../connection/redis-server.ts";
import { positionOf } from "../layout/position.ts";
import { unavailable } from "../connection/unavailable.ts";

/** What a group is called in Redis, and the partition it is in. */
export interface Place {
  readonly name: string;
  readonly partition: number;
}

/** Where the subscriptions are. */
export interface SubscriberRoutes {
  serverOf(partition: number): RedisServer | undefined;
  secondOf(partition: number): RedisServer | undefined;
  lookAgain(): void;
}

/** Some places that one command can serve, with their numbers in the question. */
interface Batch {
  readonly server: RedisServer;
  readonly names: string[];
  readonly numbers: number[];
}

/** Places that somebody waits for. */
interface Question {
  readonly places: readonly Place[];
  readonly answer: (answers: readonly Subscribed[]) => void;
}

type ServerOf = (partition: number) => RedisServer | undefined;

/** From so many places on, what is asked in one turn is divided: Redis does nothing else during a command. */
const enoughPlaces = 500;

const notNow: Subscribed = Object.freeze({ isUnavailable: true });

/**
 * Subscribes, and reads positions, on the subscriber connections.
 *
 * A position that is read on the connection on which the messages arrive is an exact cut: what is before it has arrived
 * before the answer, or never will.
 */
export class Subscriber {
  readonly #routes: SubscriberRoutes;
  readonly #hasPositions: boolean;
  #questions: Question[] = [];

  /** @param options whether there are positions to be read; default `true`. */
  constructor(routes: SubscriberRoutes, options: { readonly positions?: boolean } = {}) {
    this.#routes = routes;
    this.#hasPositions = options.positions ?? true;
  }

  /**
   * Subscribes to channels and reads the position of each in the same write. Never rejects: each has its own answer.
   *
   * What is asked in one turn of the event loop shares commands. The turn ends with `setImmediate`: microtasks run after each
   * socket's read, and would join nothing of two connections.
   */
  subscribe(places: readonly Place[]): Promise<readonly Subscribed[]> {
    return new Promise((answer) => {
      if (this.#questions.push({ places, answer }) === 1) setImmediate(() => this.#askAll());
    });
  }

  #askAll(): void {
    const questions = this.#questions;
    this.#questions = [];
    let first = 0;
    let count = 0;
    for (const [i, { places }] of questions.entries()) {
      count += places.length;
      if (count < enoughPlaces && i + 1 < questions.length) continue;
      void this.#ask(questions.slice(first, i + 1));
      first = i + 1;
      count = 0;
    }
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    const answers = await this.#subscribeBoth(questions.flatMap(({ places }) => places));
    let first = 0;
    for (const { places, answer } of questions) {
      answer(answers.slice(first, first + places.length));
      first += places.length;
    }
  }

  async #subscribeBoth(places: readonly Place[]): Promise<readonly Subscribed[]> {
    const [firsts, seconds] = await Promise.all([
      this.#subscribe(places, (partition) => this.#routes.serverOf(partition)),
      this.subscribeSecond(places),
    ]);
    // The position is that of the first. A second server that is away now is subscribed when it comes back.
    return firsts.map((first, i) => (seconds[i]?.error === undefined ? first : seconds[i]));
  }

  /** Subscribes at the second servers only, where there are such. */
  subscribeSecond(places: readonly Place[]): Promise<readonly Subscribed[]> {
    return this.#subscribe(places, (partition) => this.#routes.secondOf(partition));
  }

  async #subscribe(places: readonly Place[], serverOf: ServerOf): Promise<readonly Subscribed[]> {
    const answers: Subscribed[] = places.map(() => notNow);
    const perServer = new Map<RedisServer, Batch[]>();
    for (const batch of batchesOf(places, serverOf)) {
      const batches = perServer.get(batch.server);
      if (batches === undefined) perServer.set(batch.server, [batch]);
      else batches.push(batch);
    }
    await Promise.all([...perServer].map(([server, batches]) => this.#subscribeAt(server, batches, answers)));
    return answers;
  }

  /**
   * Ends subscriptions; those of a connection that is gone have ended with it.
   *
   * @throws {Error} what a server said that refused.
   */
  async unsubscribe(places: readonly Place[]): Promise<void> {
    const batches = [
      ...batchesOf(places, (partition) => this.#routes.serverOf(partition)),
      ...batchesOf(places, (partition) => this.#routes.secondOf(partition)),
    ];
    const commands = batches.map(async ({ server, names }) => {
      const redis = server.subscriber;
      await (server.isSharded ? redis?.sunsubscribe(...names) : redis?.unsubscribe(...names));
    });
    for (const end of await Promise.allSettled(commands)) {
      if (end.status === "rejected" && (end.reason as Error).name === "ReplyError") throw end.reason;
    }
  }

  /**
   * The newest position of each, as a barrier: see `Broker.positions`.
   *
   * @throws {SolentError} LAYER_UNAVAILABLE
   */
  async positions(places: readonly Place[]): Promise<readonly (Position | undefined)[]> {
    const found: (Position | undefined)[] = places.map(() => undefined);
    const batches = batchesOf(places, (partition) => this.#routes.serverOf(partition));
    if (batches.reduce((sum, { names }) => sum + names.length, 0) < places.length) throw unavailable("not connected");
    await Promise.all(
      batches.map(async ({ server, names, numbers }) => {
        const values = await positionsAt(server, names);
        for (const [i, number] of numbers.entries()) found[number] = values[i];
      }),
    );
    return found;
  }

  async #subscribeAt(server: RedisServer, batches: readonly Batch[], answers: Subscribed[]): Promise<void> {
    const redis = server.subscriber;
    if (redis === undefined) return;
    const { life, lifeMark } = server;
    const results = await subscribeAll(redis, batches, { server, hasPositions: this.#hasPositions });
    const again: Batch[] = [];
    for (const [i, { names, numbers }] of batches.entries()) {
      const result = results[i];
      if (result === undefined || result instanceof Error) {
        again.push(...this.#failed({ server, names, numbers }, result, answers));
        continue;
      }
      for (const [k, number] of numbers.entries()) answers[number] = subscribed(result[k], life, lifeMark);
    }
    if (again.length > 0) await this.#subscribeAt(server, again, answers);
  }

  // A channel that is forbidden fails its whole command: halves find it, and the others are subscribed.
  #failed({ server, names, numbers }: Batch, error: Error | undefined, answers: Subscribed[]): readonly Batch[] {
    if (error?.name !== "ReplyError") return [];
    if (!error.message.startsWith("NOPERM")) {
      this.#routes.lookAgain();
      return [];
    }
    if (names.length > 1) {
      const middle = names.length >> 1;
      return [
        { server, names: names.slice(0, middle), numbers: numbers.slice(0, middle) },
        { server, names: names.slice(middle), numbers: numbers.slice(middle) },
      ];
    }
    const [number] = numbers;
    if (number !== undefined)
      answers[number] = { error: new SolentError("LAYER_UNAVAILABLE", { cause: error.message }) };
    return [];
  }
}

// On a Cluster one command serves one slot, which is one partition; elsewhere all that is on the server.
function batchesOf(places: readonly Place[], serverOf: ServerOf): readonly Batch[] {
  const batches = new Map<RedisServer | number, Batch>();
  for (const [number, { name, partition }] of places.entries()) {
    const server = serverOf(partition);
    if (server?.subscriber === undefined) continue;
    const key = server.isSharded ? partition : server;
    const batch = batches.get(key) ?? { server, names: [], numbers: [] };
    batch.names.push(name);
    batch.numbers.push(number);
    batches.set(key, batch);
  }
  return [...batches.values()];
}

/** For each batch its positions, none where there are none, or why it failed; all in one write. */
async function subscribeAll(
  redis: Redis,
  batches: readonly Batch[],
  { server, hasPositions }: { readonly server: RedisServer; readonly hasPositions: boolean },
): Promise<readonly (readonly (string | null)[] | Error)[]> {
  const pipeline = redis.pipeline();
  for (const { names } of batches) {
    if (server.isSharded) pipeline.ssubscribe(...names);
    else pipeline.subscribe(...names);
    if (hasPositions) pipeline.mget(...names);
  }
  const perBatch = hasPositions ? 2 : 1;
  try {
    const results = (await pipeline.exec()) ?? [];
    return batches.map((_, i) => {
      const own = results.slice(perBatch * i, perBatch * (i + 1));
      const error = own.find(([failure]) => failure !== null)?.[0];
      return error ?? (hasPositions ? (own[1]?.[1] as readonly (string | null)[]) : []);
    });
  } catch (error) {
    return batches.map(() => error as Error);
  }
}

async function positionsAt(server: RedisServer, names: readonly string[]): Promise<readonly (Position | undefined)[]> {
  try {
    const values = await server.subscriber?.mget(...names);
    if (values === undefined) throw new Error("not connected");
    return values.map((value) => (value === null ? undefined : positionOf(value) + server.lifeMark));
  } catch (error) {
    throw unavailable((error as Error).message);
  }
}

function subscribed(place: string | null | undefined, store: string, mark: string): Subscribed {
  return { position: typeof place === "string" ? positionOf(place) + mark : undefined, store };
}
