import { Cluster, type ClusterOptions } from "ioredis";
import { freePort } from "../../../scripts/redis-server.mjs";
import { agreedOwner, clusterView, isSettled } from "./cluster-view.ts";
import { eventually } from "./eventually.ts";
import {
  endAll,
  redisProcess,
  redisProcesses,
  type ClientOptions,
  type RedisProcess,
  type RedisProcessOptions,
} from "./redis-process.ts";

export interface RedisClusterOptions {
  /** The slots are spread over them evenly. @default 3 */
  readonly primaries?: number;
  /** @default 1 */
  readonly replicasEach?: number;
  /** How long a node may be silent before it is taken for down. @default 1000 */
  readonly nodeTimeoutMs?: number;
  readonly password?: string;
  /** More of every server's command line. */
  readonly args?: readonly string[];
}

/** Options of ioredis for a Cluster; how it maps replies stays as its default, which its types depend on. */
export interface ClusterClientOptions extends Omit<ClusterOptions, "redisOptions" | "replyMapping"> {
  readonly redisOptions?: ClientOptions;
}

/** A slot on its way from one primary to another; each step is the test's to take. */
export interface SlotMove {
  readonly slot: number;
  readonly from: RedisProcess;
  readonly to: RedisProcess;
  /** Moves the keys that are there now; answers how many. From then on the source answers ASK for them. */
  moveKeys(): Promise<number>;
  /** Gives the slot to its new primary; resolves when every node says so. Fails while keys are left. */
  assign(): Promise<void>;
}

export const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 1_000;
const PATIENCE_MS = 40_000;
const KEYS_AT_ONCE = 100;
const MIGRATE_TIMEOUT_MS = 5_000;

/** A Redis Cluster of real servers, made and changed by the commands of its nodes. */
export class RedisCluster implements AsyncDisposable {
  /** All of them, also killed ones: first the primaries of the beginning, then the replicas, then what was added. */
  readonly nodes: RedisProcess[];
  readonly #options: RedisClusterOptions;
  readonly #clients = new Set<Cluster>();

  /** Use `redisCluster`, which starts it. */
  constructor(nodes: readonly RedisProcess[], options: RedisClusterOptions) {
    this.nodes = [...nodes];
    this.#options = options;
  }

  get running(): RedisProcess[] {
    return this.nodes.filter(({ isRunning }) => isRunning);
  }

  /** A client of the whole Cluster; ends with the disposal. */
  client(options: ClusterClientOptions = {}): Cluster {
    const { host: _host, port: _port, ...secrets } = this.nodes[0]!.connection;
    const redisOptions: ClientOptions = { protocol: 3, ...secrets, ...options.redisOptions };
    const seeds = this.running.map(({ host, port }) => ({ host, port }));
    const client = new Cluster(seeds, { clusterRetryStrategy: () => 20, ...options, redisOptions });
    client.on("error", () => {});
    client.once("end", () => void this.#clients.delete(client));
    this.#clients.add(client);
    return client;
  }

  /** The slot of a key or a shard channel. */
  async slotOf(key: string): Promise<number> {
    return this.running[0]!.control.cluster("KEYSLOT", key);
  }

  /** The primary that all running nodes say has this slot. */
  async primaryOf(slot: number): Promise<RedisProcess> {
    return eventually(`the nodes agree who has slot ${slot}`, () => agreedOwner(this.running, slot));
  }

  /** The running replicas of a primary, with everything it has. */
  async replicasOf(primary: RedisProcess): Promise<RedisProcess[]> {
    const view = await clusterView(primary);
    const ports = new Set(view.nodes.filter(({ primaryId }) => primaryId === view.myId).map(({ port }) => port));
    const replicas = this.running.filter(({ port }) => ports.has(port));
    for (const replica of replicas) await replica.linked({ patienceMs: PATIENCE_MS });
    return replicas;
  }

  /** Resolves when every running node finds the Cluster well, all agree who has what, and replicas have all their primaries have. */
  async settled(): Promise<void> {
    await eventually("the Cluster is well", () => isSettled(this.running), { patienceMs: PATIENCE_MS });
  }

  /** SIGKILL of the primary of a slot; resolves when the others agree on the replica that took its place. */
  async killPrimary(slot: number): Promise<{ readonly killed: RedisProcess; readonly promoted: RedisProcess }> {
    const killed = await this.primaryOf(slot);
    const replicas = await this.replicasOf(killed);
    if (replicas.length === 0) throw new Error(`nobody could take the place of ${killed.address}: it has no replica`);
    await killed.kill();
    return { killed, promoted: await this.#hasPassed(slot, killed) };
  }

  /**
   * CLUSTER FAILOVER at a replica of the slot's primary; resolves when all nodes agree on it.
   *
   * Without a word in agreement with the primary, which loses nothing; "FORCE" and "TAKEOVER" without asking it.
   */
  async failover(slot: number, word?: "FORCE" | "TAKEOVER"): Promise<{ old: RedisProcess; primary: RedisProcess }> {
    const old = await this.primaryOf(slot);
    const [replica] = await this.replicasOf(old);
    if (replica === undefined) throw new Error(`${old.address} has no replica that could take its place`);
    const { nodeTimeoutMs = NODE_TIMEOUT_MS } = this.#options;
    let againMs = 0;
    const order = async (): Promise<void> => {
      if (performance.now() < againMs) return;
      againMs = performance.now() + 2 * nodeTimeoutMs + 500;
      await replica.control.call("CLUSTER", "FAILOVER", ...(word === undefined ? [] : [word]));
    };
    // Primaries vote about the same slots once in two node timeouts only, and an order that got no votes is forgotten.
    return { old, primary: await this.#hasPassed(slot, old, order) };
  }

  /** Begins to move a slot: from now on its primary sends clients to `to` for keys that it does not have (ASK). */
  async beginMove(slot: number, to: RedisProcess): Promise<SlotMove> {
    const from = await this.primaryOf(slot);
    if (from === to) throw new Error(`slot ${slot} is at ${to.address} already`);
    const [fromId, toId] = await Promise.all([from, to].map((node) => node.control.cluster("MYID")));
    await to.control.call("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId!);
    await from.control.call("CLUSTER", "SETSLOT", slot, "MIGRATING", toId!);
    return {
      ...{ slot, from, to },
      moveKeys: () => this.#moveKeys(slot, from, to),
      assign: async () => {
        const primaries = [to, from, ...(await this.#primaries()).filter((node) => node !== to && node !== from)];
        for (const node of primaries) await node.control.call("CLUSTER", "SETSLOT", slot, "NODE", toId!);
        await eventually(
          `slot ${slot} is at ${to.address}`,
          async () => (await agreedOwner(this.running, slot)) === to,
        );
      },
    };
  }

  /** Moves a slot with its keys, in one go. */
  async moveSlot(slot: number, to: RedisProcess): Promise<void> {
    const move = await this.beginMove(slot, to);
    await move.moveKeys();
    await move.assign();
  }

  /** Adds a primary without slots; resolves when every node knows it. */
  async addPrimary(): Promise<RedisProcess> {
    const node = await redisProcess(await nodeOptions(this.#options));
    try {
      await node.control.call("CLUSTER", "SET-CONFIG-EPOCH", this.nodes.length + 1);
      await meet(node, this.running);
    } catch (error) {
      await endAll([node]);
      throw error;
    }
    this.nodes.push(node);
    await this.settled();
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await endAll(this.nodes);
  }

  async #hasPassed(slot: number, from: RedisProcess, order?: () => Promise<void>): Promise<RedisProcess> {
    return eventually(
      `slot ${slot} has passed from ${from.address} to another primary`,
      async () => {
        const owner = await agreedOwner(this.running, slot);
        if (owner === from) await order?.();
        if (owner === undefined || owner === from) return undefined;
        const views = await Promise.all(this.running.map(clusterView));
        return views.every(({ isOk }) => isOk) && owner;
      },
      { patienceMs: PATIENCE_MS },
    );
  }

  async #primaries(): Promise<RedisProcess[]> {
    const views = await Promise.all(this.running.map(async (node) => ({ node, view: await clusterView(node) })));
    return views.filter(({ view }) => view.me.primaryId === undefined).map(({ node }) => node);
  }

  async #moveKeys(slot: number, from: RedisProcess, to: RedisProcess): Promise<number> {
    const { password } = this.#options;
    for (let moved = 0; ;) {
      const keys = (await from.control.call("CLUSTER", "GETKEYSINSLOT", slot, KEYS_AT_ONCE)) as string[];
      if (keys.length === 0) return moved;
      const secret = password === undefined ? [] : ["AUTH", password];
      await from.control.call("MIGRATE", to.host, to.port, "", 0, MIGRATE_TIMEOUT_MS, ...secret, "KEYS", ...keys);
      moved += keys.length;
    }
  }
}

/** Starts a Cluster; resolves when every node finds it well and every replica has its primary's data. */
export async function redisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { primaries = 3, replicasEach = 1 } = options;
  const count = primaries * (1 + replicasEach);
  const nodes = await redisProcesses(await Promise.all(Array.from({ length: count }, () => nodeOptions(options))));
  try {
    for (const [at, { control }] of nodes.entries()) {
      await control.call("CLUSTER", "SET-CONFIG-EPOCH", at + 1);
      if (at < primaries) await control.call("CLUSTER", "ADDSLOTSRANGE", ...share(at, primaries));
    }
    for (const node of nodes.slice(1)) await meet(node, nodes.slice(0, 1));
    await eventually("every node knows every other", async () => {
      const views = await Promise.all(nodes.map(clusterView));
      return views.every((view) => view.nodes.length === count && view.nodes.every(({ isWell }) => isWell));
    });
    const ids = await Promise.all(nodes.slice(0, primaries).map(({ control }) => control.cluster("MYID")));
    for (const [at, { control }] of nodes.slice(primaries).entries()) {
      await control.call("CLUSTER", "REPLICATE", ids[at % primaries]!);
    }
    const cluster = new RedisCluster(nodes, options);
    await cluster.settled();
    return cluster;
  } catch (error) {
    await endAll(nodes);
    throw error;
  }
}

/** The first and last slot of one primary among several. */
function share(at: number, of: number): [first: number, last: number] {
  return [Math.ceil((at * SLOTS) / of), Math.ceil(((at + 1) * SLOTS) / of) - 1];
}

async function nodeOptions({
  nodeTimeoutMs = 1_000,
  password,
  args = [],
}: RedisClusterOptions): Promise<RedisProcessOptions> {
  return {
    ...(password === undefined ? {} : { password }),
    args: [
      ...["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"],
      // By itself it is the port + 10,000, among those of outgoing connections.
      ...["--cluster-port", `${await freePort()}`, "--cluster-node-timeout", `${nodeTimeoutMs}`],
      // Replicas stay where the test has put them, and may be promoted however old their data is.
      ...["--cluster-allow-replica-migration", "no", "--cluster-replica-validity-factor", "0"],
      ...args,
    ],
  };
}

/** Introduces a node to others. */
async function meet(node: RedisProcess, others: readonly RedisProcess[]): Promise<void> {
  for (const other of others) {
    const [, busPort] = (await other.control.config("GET", "cluster-port")) as [string, string];
    await node.control.call("CLUSTER", "MEET", other.host, other.port, busPort);
  }
}
