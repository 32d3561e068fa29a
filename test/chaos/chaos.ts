import { checkHistory, type Violation } from "./check-history.ts";
import { clusterWorld } from "./cluster-world.ts";
import type { History } from "./history.ts";
import { NodePool } from "./node-handle.ts";
import { planOf } from "./plan.ts";
import { runPlan } from "./run-seed.ts";
import { sentinelWorld } from "./sentinel-world.ts";
import { singleWorld } from "./single-world.ts";
import { ServersInTrouble, type Topology, type World } from "./world.ts";

/** What became of a seed. */
export interface SeedResult {
  readonly seed: number;
  readonly topology: Topology;
  readonly history: History;
  readonly violations: readonly Violation[];
  /** What was broken and mended, in order. */
  readonly events: readonly string[];
  readonly elapsedMs: number;
}

const maxEvents = 60;
const maxAttempts = 3;

const worlds: Readonly<Record<Topology, () => Promise<World>>> = {
  single: singleWorld,
  sentinel: sentinelWorld,
  cluster: clusterWorld,
};

/** Runs seeds of one topology one after the other; servers and processes are used again where they are as good as new. */
export class Chaos implements AsyncDisposable {
  readonly topology: Topology;
  readonly #remembers: boolean;
  readonly #pool = new NodePool();
  #world: World | undefined;

  /** @param remembers whether groups remember everything that is sent. */
  constructor(topology: Topology, remembers = false) {
    this.topology = topology;
    this.#remembers = remembers;
  }

  /** Runs one seed and checks its history. Rejects when it could not be run to its end. */
  async run(seed: number): Promise<SeedResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#run(seed);
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (!isNotOfTheLayer(cause) || attempt === maxAttempts) throw error;
        process.stderr.write(`seed ${seed} on ${this.topology} begins again with new servers: ${cause.message}\n`);
      }
    }
  }

  async #run(seed: number): Promise<SeedResult> {
    const startedAtMs = performance.now();
    const events: string[] = [];
    const plan = planOf(seed, this.topology);
    this.#pool.prepare(plan.nodes.length + 1);
    const world = (this.#world ??= await worlds[this.topology]());
    try {
      const onEvent = (what: string): void => void events.push(what);
      const history = await runPlan({ plan, world, pool: this.#pool, remembers: this.#remembers, onEvent });
      if (!world.isReusable) await this.#renew();
      const violations = checkHistory(history);
      const { topology } = this;
      return { seed, topology, history, violations, events, elapsedMs: performance.now() - startedAtMs };
    } catch (error) {
      await this.#renew();
      const story = events.slice(-maxEvents).join("\n  ");
      throw new Error(`seed ${seed} on ${this.topology} did not come to its end\n  ${story}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await this.#renew();
  }

  async #renew(): Promise<void> {
    const world = this.#world;
    this.#world = undefined;
    await world?.[Symbol.asyncDispose]();
  }
}

// While a proxy refuses connections its port is free, and another process may take it. And Sentinels on a machine that is
// too busy for them do nothing for half a minute.
function isNotOfTheLayer(cause: unknown): cause is Error {
  if (cause instanceof ServersInTrouble) return true;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
