import type { Redis } from "ioredis";
import { openRedis, type RedisConnectOptions } from "../connection/connect-options.ts";
import type { RedisServer } from "../connection/redis-server.ts";
import { partitionCount, slotOf } from "../layout/partitions.ts";
import type { HomeIn, MakeServer, ServerAddress, Topology } from "./topology.ts";

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How a Cluster is found and watched. */
export interface ClusterTopologyParts {
  /** Servers of it to begin with. */
  readonly seeds: readonly ServerAddress[];
  /** For every server of it: user, password, TLS. */
  readonly options: RedisConnectOptions;
  /** Where a server really is, by the `host:port` that the Cluster calls it. */
  readonly addressMap: Readonly<Record<string, Endpoint>>;
  readonly make: MakeServer;
  readonly onProblem: (problem: Error, server: string) => void;
}

interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly primary: Endpoint;
}

const refreshPauseMs = 200;
const looksSoon = 5;
const refreshIntervalMs = 10_000;
const seedTimeoutMs = 2000;

/** A Redis Cluster: one server a primary, found and followed by `CLUSTER SLOTS`. */
export class ClusterTopology implements Topology {
  readonly isOneServer = false;
  readonly #parts: ClusterTopologyParts;
  readonly #servers = new Map<string, RedisServer>();
  readonly #homes = new Map<RedisServer, number>();
  #owners: readonly (RedisServer | undefined)[] = [];
  #homeIn: HomeIn = String;
  #onMoved: (partitions: readonly number[]) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  /** How often it is still to look soon: who is asked may not know yet what another one has said. */
  #looksSoon = 0;
  #isSoon = false;
  #isClosed = false;

  constructor(parts: ClusterTopologyParts) {
    this.#parts = parts;
  }

  get servers(): ReadonlySet<RedisServer> {
    return new Set(this.#homes.keys());
  }

  start(homeIn: HomeIn, onMoved: (partitions: readonly number[]) => void): void {
    this.#homeIn = homeIn;
    this.#onMoved = onMoved;
    void this.#look();
  }

  serverOf(partition: number): RedisServer | undefined {
    return this.#owners[partition];
  }

  secondOf(): undefined {
    return undefined;
  }

  serverAt(address: string): RedisServer | undefined {
    const split = address.lastIndexOf(":");
    return this.#serverAt({ host: address.slice(0, split), port: Number(address.slice(split + 1)) });
  }

  lookAgain(): void {
    this.#looksSoon = looksSoon;
    // One that is due soon stays as it is: whoever asks every few milliseconds must not put it off.
    if (!this.#isLooking && !this.#isSoon) this.#lookIn(refreshPauseMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const server of this.#servers.values()) server.close();
  }

  #lookIn(pauseMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#isSoon = pauseMs < refreshIntervalMs;
    this.#timer = setTimeout(() => void this.#look(), pauseMs);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    if (this.#looksSoon > 0) this.#looksSoon -= 1;
    const ranges = await this.#slots();
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (ranges !== undefined) this.#follow(ranges);
    const isWhole = this.#owners.length > 0 && this.#owners.every((server) => server?.isUp === true);
    this.#lookIn(this.#looksSoon > 0 || !isWhole ? refreshPauseMs : refreshIntervalMs);
  }

  // Whoever answers first: the servers that are connected, then those that are known, then the seeds.
  async #slots(): Promise<readonly SlotRange[] | undefined> {
    for (const { commands } of this.#servers.values()) {
      try {
        if (commands !== undefined) return await slotsOf(commands);
      } catch {
        // It has just gone: another one knows.
      }
    }
    for (const seed of this.#parts.seeds) {
      const ranges = await this.#slotsFrom(seed);
      if (ranges !== undefined) return ranges;
    }
    return undefined;
  }

  async #slotsFrom(seed: ServerAddress): Promise<readonly SlotRange[] | undefined> {
    const redis = openRedis(seed);
    let problem: Error | undefined;
    redis.on("error", (error: Error) => (problem = error));
    const deadline = setTimeout(() => redis.disconnect(), seedTimeoutMs);
    try {
      await redis.connect();
      return await slotsOf(redis);
    } catch (error) {
      this.#parts.onProblem(problem ?? (error as Error), seed.key);
      return undefined;
    } finally {
      clearTimeout(deadline);
      redis.disconnect();
    }
  }

  #follow(ranges: readonly SlotRange[]): void {
    const before = this.#owners;
    this.#owners = Array.from({ length: partitionCount }, (_, partition) => {
      const slot = slotOf(partition);
      const range = ranges.find(({ first, last }) => first <= slot && slot <= last);
      // A slot that nobody has just now stays where it was: that server says so itself.
      return range === undefined ? before[partition] : this.#serverAt(range.primary);
    });
    this.#settle();
    const moved = this.#owners.flatMap((server, partition) => (server === before[partition] ? [] : [partition]));
    if (moved.length > 0) this.#onMoved(moved);
  }

  // Each server has its home in a partition that it holds; one that holds none has nothing to do here any more.
  #settle(): void {
    for (const [key, server] of this.#servers) {
      const first = this.#owners.indexOf(server);
      const home = this.#homes.get(server);
      if (first === -1 && home !== undefined) {
        server.retire();
        this.#servers.delete(key);
        this.#homes.delete(server);
      } else if (first !== -1 && (home === undefined || this.#owners[home] !== server)) {
        this.#homes.set(server, first);
        server.settle(this.#homeIn(first)).catch(() => this.lookAgain());
      }
    }
  }

  #serverAt({ host, port }: Endpoint): RedisServer {
    const { addressMap, options, make } = this.#parts;
    const key = `${host}:${port}`;
    let server = this.#servers.get(key);
    if (server === undefined) {
      server = make({ key, options: { ...options, ...(addressMap[key] ?? { host, port }) } });
      this.#servers.set(key, server);
      server.start();
    }
    return server;
  }
}

// A server that does not know its own name is where it was asked.
async function slotsOf(redis: Redis): Promise<readonly SlotRange[]> {
  const { host = "" } = redis.options;
  const ranges = (await redis.call("CLUSTER", "SLOTS")) as readonly [number, number, [string | null, number]][];
  return ranges.map(([first, last, [name, port]]) => ({ first, last, primary: { host: name || host, port } }));
}
